"""Collections of examples that grow in Slack, and training on them."""
