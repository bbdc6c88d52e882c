"""People's Home tabs."""
