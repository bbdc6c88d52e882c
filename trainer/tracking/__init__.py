"""What a job measures, shown at Weights & Biases while it trains. Beside the training, which never waits for it."""
