"""Rules: what texts, links and headers say, as data."""
