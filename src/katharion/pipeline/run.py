"""Run the checks over a transaction."""
