"""Base models and fine-tuned ones."""
