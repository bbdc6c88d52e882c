"""Pictures for messages: training curves, and the lengths of examples."""
