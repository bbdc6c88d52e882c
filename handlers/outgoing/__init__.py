"""Messages that are kept up to date, and notices."""
