"""The played outside world: every endpoint right and wrong, every fault, restarts."""
