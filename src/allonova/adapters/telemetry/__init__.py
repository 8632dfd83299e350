"""What the service says of itself: figures and traces. Every adapter may speak here."""
