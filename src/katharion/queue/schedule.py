"""When to try again: pure."""
