"""A copy of all that a provider holds of one's fine-tuning, in a folder; and the jobs of such a folder in the bot."""
