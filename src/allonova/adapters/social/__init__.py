"""Providers that vouch for people: Google and Apple."""
