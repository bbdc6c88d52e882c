"""Fine-tuned models that answer only once they are deployed: asked for, followed, pointed out when unused, removed."""
