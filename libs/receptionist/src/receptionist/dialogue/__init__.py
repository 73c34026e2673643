"""The conversation as one pure function: `step(state, heard, now, tenant) -> Step`."""
