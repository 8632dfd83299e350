"""Routes for those who run the service."""
