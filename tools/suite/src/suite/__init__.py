"""All four services in one process, and sample callers."""
