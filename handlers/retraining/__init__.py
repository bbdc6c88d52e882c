"""Training the next model, letting it meet the one before it, and learning from the votes."""
