"""What the service drives: its stores."""
