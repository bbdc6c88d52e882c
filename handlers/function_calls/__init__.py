"""Functions that a model calls in its thread, and what people say they return."""
