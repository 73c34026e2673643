"""Contract suites: what every implementation of a Protocol must pass. A test module subclasses a suite and provides its fixtures."""
