"""Having a model write training examples."""
