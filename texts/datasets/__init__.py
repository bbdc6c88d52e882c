"""Training files: a module for each thing that people see. Buttons and inputs of Slack take plain text."""
