"""Routes of identity papers."""
