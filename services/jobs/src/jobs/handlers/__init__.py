"""What drives the service: the bus."""
