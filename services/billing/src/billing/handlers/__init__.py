"""What drives the service: the bus and HTTP."""
