"""The only place that calls Slack."""
