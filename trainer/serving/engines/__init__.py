"""What computes answers: llama.cpp where it can, transformers for everything else."""
