"""What a file that came by mail is, and what it would do to whoever opens it."""
