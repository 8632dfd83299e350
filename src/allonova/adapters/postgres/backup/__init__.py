"""Backups by PostgreSQL's own programs, sealed, and restored elsewhere to prove them."""
