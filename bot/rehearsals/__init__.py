"""Rehearsals: a file teaches a small model on the team's own hardware first, to see what comes of it."""
