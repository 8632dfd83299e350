"""A fleet under a mixed load for a while, and everything that can break, broken in turn: `make soak`."""
