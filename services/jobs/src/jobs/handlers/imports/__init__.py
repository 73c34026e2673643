"""`/v1/imports`: owners' files of customers, and what chat answers to their batches."""
