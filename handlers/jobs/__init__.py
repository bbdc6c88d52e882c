"""Jobs: what is known of them, and what can be done with them."""
