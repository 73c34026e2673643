"""Plumbing that at least two services share."""
