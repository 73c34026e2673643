"""What the service does, one verb a file. Each happens inside a transaction that its caller opened."""
