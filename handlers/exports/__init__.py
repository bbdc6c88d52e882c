"""Fine-tuned models to take away, as files."""
