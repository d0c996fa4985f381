"""The values of mail: address, envelope, message, reply, trace. They know nothing else."""
