"""What is known of people: erased, handed out, and kept no longer than was agreed."""
