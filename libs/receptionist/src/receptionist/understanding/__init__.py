"""What a caller meant: every function is linear in its input."""
