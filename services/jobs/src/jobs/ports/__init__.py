"""What the service needs of the world, by noun."""
