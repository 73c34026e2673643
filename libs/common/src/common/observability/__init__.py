"""What people see of a running service: logs, metrics, health, traces."""
