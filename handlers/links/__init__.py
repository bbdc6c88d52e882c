"""Links to jobs in people's messages: what Slack shows below them."""
