"""A conversation's settings, changed by the buttons of the message that shows them."""
