"""What the gateway drives."""
