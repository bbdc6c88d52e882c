"""Jobs shown at Weights & Biases and in MLflow."""
