"""What travels between rooms, as plain data: facts, policy, verdict, disposition, fate."""
