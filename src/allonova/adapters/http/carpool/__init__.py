"""Routes of AlloCar."""
