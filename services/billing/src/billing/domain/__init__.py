"""What is counted and what a plan allows: pure rules."""
