"""A local Slack workspace in a web page: to try the bot, and to test it end to end."""
