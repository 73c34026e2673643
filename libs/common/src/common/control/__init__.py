"""Runtime switches: what the person on call turns while everything runs, with a reason, a name and an end."""
