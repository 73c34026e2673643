"""The message bus: one Protocol, two implementations, and what makes delivery durable."""
