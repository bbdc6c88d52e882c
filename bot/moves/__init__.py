"""Fine-tuned models moved to another provider: trained there on the same data, and held against what they replace."""
