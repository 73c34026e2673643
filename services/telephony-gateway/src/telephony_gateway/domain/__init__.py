"""Pure rules of the gateway, by noun."""
