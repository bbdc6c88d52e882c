"""Several configurations of one training file, trained as one."""
