"""Moving fine-tuned models to another provider."""
