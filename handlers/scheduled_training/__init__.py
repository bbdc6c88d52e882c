"""Training again and again on a training set that grows: set up, looked at, stopped, and what is said when due."""
