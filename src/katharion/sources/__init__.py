"""What is known of those who send: lists that others keep, and our own memory of them."""
