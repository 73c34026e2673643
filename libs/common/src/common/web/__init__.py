"""HTTP plumbing: one way to start, watch, fail and drain."""
