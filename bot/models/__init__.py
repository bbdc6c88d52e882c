"""Base and fine-tuned models; conversations with them."""
