"""Decisions about processes and nodes: pure, from what is seen to what is to be done."""
