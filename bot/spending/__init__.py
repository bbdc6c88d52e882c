"""What may be spent, and who must agree to it."""
