"""Answers by vLLM: servers that run already, asked over HTTP from the API's own process.

vLLM is given token ids and returns token ids. The prompt, tools, text, stop sequences and log probabilities stay the
code that all engines share; what vLLM decides is the next token. Fine-tuned models reach it as adapters in a folder
that it shares with the trainer. What is said here of vLLM was read in the source of 0.32 (November 2026).
"""
