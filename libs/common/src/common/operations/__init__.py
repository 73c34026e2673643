"""What operators may do at every service over HTTP, and how they show who they are."""
