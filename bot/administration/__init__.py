"""The audit log, channels that are told how jobs end, and the languages of channels."""
