"""The listeners of each feature, put together from the services that they need."""
