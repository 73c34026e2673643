"""Private real servers and faults for tests and benchmarks. Everything listens on loopback and is ended by its process id."""
