"""Fine-tuned models to take away: the adapter, one whole model as safetensors, or one file for llama.cpp."""
