"""Owns background jobs and outgoing e-mail."""
