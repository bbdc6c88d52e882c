"""The providers of a channel."""
