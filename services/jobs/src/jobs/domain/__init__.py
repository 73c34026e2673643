"""What a job and an e-mail are: pure rules."""
