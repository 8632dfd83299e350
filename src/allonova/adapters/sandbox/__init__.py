"""The outside world, played over HTTP: providers, messages and controls, one app with its own state."""
