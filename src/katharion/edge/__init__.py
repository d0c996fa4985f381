"""The front door: admission, the SMTP session, and carrying dispositions out."""
