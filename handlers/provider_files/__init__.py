"""The provider's files."""
