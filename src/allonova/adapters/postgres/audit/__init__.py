"""The audit log, read and sealed."""
