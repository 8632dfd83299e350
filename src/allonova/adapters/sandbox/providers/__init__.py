"""One file per played provider; each builds a `Provider` out of the shared `World`."""
