"""What the relay path costs, beside other programs in the same run: `python -m tests.bench`."""
