"""Drills: a real node under load, something fails, and the account must come out.

Nothing of the node is trusted here: senders and next hop are of their own make, and know each
message by the hash of its content.
"""
