"""Data sets: training files that the team has dropped, and our copies of them."""
