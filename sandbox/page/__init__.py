"""The page: the workspace as people see it, rendered here on the server."""
