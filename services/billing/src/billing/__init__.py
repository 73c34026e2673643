"""Owns entitlements and the usage ledger."""
