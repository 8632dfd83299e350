"""The audit log, read, sealed and proven."""
