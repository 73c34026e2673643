"""What drives the service: events, commands, queries over the bus, and HTTP."""
