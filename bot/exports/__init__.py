"""Fine-tuned models to take away."""
