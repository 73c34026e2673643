"""Makes the weights of the learned heads from the corpora beside it. Never needed at run time."""
