"""From what was collected to the next model, and how that meets the one before it."""
