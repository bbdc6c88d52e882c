"""Models that stop answering, and what nobody uses."""
