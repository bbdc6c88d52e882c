"""Base and fine-tuned models."""
