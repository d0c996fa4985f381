"""The checks: one file each, listed in registry.py."""
