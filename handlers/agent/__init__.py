"""The bot as Slack's agent: prompts to begin with, sessions with a title and a status, a stop button."""
