"""Several configurations of one training file."""
