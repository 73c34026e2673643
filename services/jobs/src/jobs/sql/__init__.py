"""SQL by name, and the schema's migrations."""
