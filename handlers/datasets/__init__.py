"""Training files that were dropped: reported on, looked at, split."""
