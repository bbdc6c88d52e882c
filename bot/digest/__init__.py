"""What became of a channel's jobs, told daily or weekly."""
