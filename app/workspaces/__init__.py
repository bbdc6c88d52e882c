"""Many workspaces in one process: each has its own store, files and loops, and knows nothing of the others."""
