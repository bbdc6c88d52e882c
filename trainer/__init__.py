"""OpenAI's fine-tuning protocol on your own hardware."""
