"""Postgres: a bounded pool, named SQL from files, migrations under a lock, and one role and schema for each service."""
