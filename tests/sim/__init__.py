"""The whole message path in one thread, on virtual time, under seeded faults.

Read `world.py` first: it puts one house together from a seed, and runs it. The real code runs
in it; what is ours is the loop, the network, the disks, the names, and the people.
"""
