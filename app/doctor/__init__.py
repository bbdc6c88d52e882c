"""`finetune-bot doctor`: what is wrong with settings, Slack, providers and store, before anybody else finds out."""
