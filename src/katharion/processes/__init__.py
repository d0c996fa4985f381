"""One file a process: wire and run."""
