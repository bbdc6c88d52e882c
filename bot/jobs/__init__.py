"""Fine-tuning jobs: submit one, follow it, recover it."""
