"""Training sets of a channel's accepted answers."""
