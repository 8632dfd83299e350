"""Native WebSockets."""
