"""Evaluating models, a module for each thing that people see. Values come as they shall be shown."""
