"""Where a job trains: on this machine, in processes of its own."""
