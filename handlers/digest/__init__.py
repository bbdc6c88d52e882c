"""A channel's digest: set, shown, and told."""
