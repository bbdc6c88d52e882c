"""What people think of an answer: thumbs, and what would have been right."""
