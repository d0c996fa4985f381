"""What a message says: its text and links, rules, fingerprints, attachments, the classifier."""
