"""Verdicts and route to a plan."""
