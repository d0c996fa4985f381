"""Who really sent it: signatures and what the DNS says of senders."""
