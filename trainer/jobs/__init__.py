"""A job from its creation to its end: checked, queued, trained, recovered."""
