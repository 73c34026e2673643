"""What crosses the bus: one module per publisher (commands and queries stand with who answers them), typed and versioned."""
