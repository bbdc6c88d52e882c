"""A job as one page to hand to somebody outside of Slack."""
