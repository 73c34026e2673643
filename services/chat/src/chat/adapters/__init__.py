"""What the service drives: its store, in Postgres and in memory."""
