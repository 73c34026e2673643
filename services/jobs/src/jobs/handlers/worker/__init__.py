"""What does the jobs: slots that are filled, runs that are made, leases that are renewed."""
