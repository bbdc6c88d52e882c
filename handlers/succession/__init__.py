"""Going on with the successor of a model that was moved."""
