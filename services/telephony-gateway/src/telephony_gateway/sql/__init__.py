"""Named SQL and migrations."""
