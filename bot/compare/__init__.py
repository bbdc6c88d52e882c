"""Comparing models: the same question to several, side by side or blind with votes."""
