"""The rules of tenants, customers, visits and promises; pure."""
