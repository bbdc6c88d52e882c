"""Steps in Slack's Workflow Builder: who may run one where, and that what each does is done once."""
