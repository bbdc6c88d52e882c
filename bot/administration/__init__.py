"""The audit log, channels that get the endings of jobs, and the languages of channels."""
