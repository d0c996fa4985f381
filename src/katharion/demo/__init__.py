"""A whole node on loopback with a sample customer, to be looked at."""
