"""Owns tenants, customers, appointments and the promise list."""
