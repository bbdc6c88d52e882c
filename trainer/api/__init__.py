"""The protocol over HTTP. Nothing in here imports torch."""
