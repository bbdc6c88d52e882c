"""Collections of training examples that grow in Slack: whose words they hold, where they may be seen, what learned from
them."""
