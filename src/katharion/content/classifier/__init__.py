"""How much a message is like the spam and the wanted mail that was learned from."""
