"""The `finetune-bot` command, all that it prints, and the place that puts the parts together."""
