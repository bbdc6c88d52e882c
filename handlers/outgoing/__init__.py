"""What is kept up to date, and what people are told."""
