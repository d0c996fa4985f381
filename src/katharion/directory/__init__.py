"""Served domains, recipients, policies: resolved to one snapshot."""
