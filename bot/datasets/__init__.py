"""Training files: read, check, count, price."""
