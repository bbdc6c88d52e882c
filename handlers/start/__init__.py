"""Starting a job."""
