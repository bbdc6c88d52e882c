"""Graders: what says how good an answer is, written once for evaluations, for the trainer's endpoints, and for
reinforcement fine-tuning. JSON of OpenAI's shapes and of ours beyond them, read, checked, and carried out."""
