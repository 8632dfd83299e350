"""AlloCar carpooling and NOVA taxi dispatch in one service."""
