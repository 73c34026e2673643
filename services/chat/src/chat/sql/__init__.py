"""Statements and migrations."""
