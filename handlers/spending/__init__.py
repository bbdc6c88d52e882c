"""What may be spent, and who approves."""
