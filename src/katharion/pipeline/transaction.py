"""The transaction: what the checks see, read-only."""
