"""`python -m tests.sim`: run seeds, and say what they came to."""
