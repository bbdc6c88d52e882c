"""What can be done in Slack, done in a terminal by whoever may read and write FINETUNE_DATA: an administrator."""
