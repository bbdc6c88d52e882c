"""What people think of a model's answers, and what would have been right."""
