"""Pausing, resuming and cancelling a job, and deciding about one that may or may not be at the provider."""
