"""A whole node on loopback with a sample customer, to be looked at.

Read `show.py` first: it starts the names, the customer's server, the node itself
(`katharion up`, as in real life) and a trickle of samples, and tells what becomes of each.
"""
