"""Who did what, and the proof that nobody wrote it anew."""
