"""What the gateway needs of the outside, by noun, as Protocols."""
