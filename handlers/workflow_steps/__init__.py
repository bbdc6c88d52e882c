"""Steps for Slack's Workflow Builder: what the bot does when a workflow comes to one. `steps.yml` describes them."""
