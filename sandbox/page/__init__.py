"""The page: the workspace as people see it, rendered on the server."""
