"""What one would pick instead: programs of other stacks that do the same jobs on the same tables."""
