"""What the gateway does: one verb a module. Load, decide, commit everything in one transaction."""
