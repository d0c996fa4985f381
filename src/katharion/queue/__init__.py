"""Held mail that is due: when it is tried, and what an attempt comes to."""
