"""Findings and policy to a verdict."""
