"""Models that are deployed, by the hour."""
