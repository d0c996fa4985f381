"""Every parser of what strangers send, fed with octets that a fuzzer breeds (`make fuzz`)."""
