"""Held mail that waits for a person: release, delete, expiry."""
