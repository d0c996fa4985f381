"""One way: transaction, checks, verdict, disposition."""
