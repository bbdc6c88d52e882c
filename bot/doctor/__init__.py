"""What `finetune-bot doctor` looks at beside Slack: providers and the store. It only reads."""
