"""What was measured of runs, drawn beside each other."""
