"""The usual script that people check a training file with: json.loads, seven checks, tiktoken on every value.

Written after OpenAI's cookbook notebook "Data preparation and analysis for chat model fine-tuning" (read
2026-11-21), with one reading of the file and one encoding of each value. It is the peer of `check`, and the tests
hold the seven codes' counts to it. Run as `python benchmarks/classic.py FILE`; prints one JSON object.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

KEYS = ("role", "content", "name", "function_call", "weight")
ROLES = ("system", "user", "assistant", "function")


def format_errors(dataset: list[Any]) -> dict[str, int]:
    """The counts of the seven codes. Each message must be a dict."""
    errors: dict[str, int] = defaultdict(int)
    for example in dataset:
        if not isinstance(example, dict):
            errors["data_type"] += 1
            continue
        messages = example.get("messages", None)
        if not messages:
            errors["missing_messages_list"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                errors["message_missing_key"] += 1
            if any(key not in KEYS for key in message):
                errors["message_unrecognized_key"] += 1
            if message.get("role", None) not in ROLES:
                errors["unrecognized_role"] += 1
            content = message.get("content", None)
            function_call = message.get("function_call", None)
            if (not content and not function_call) or not isinstance(content, str):
                errors["missing_content"] += 1
        if not any(message.get("role", None) == "assistant" for message in messages):
            errors["example_missing_assistant_message"] += 1
    return dict(errors)


def main(path: Path, encoding_name: str = "o200k_base") -> None:
    import tiktoken

    with path.open("r", encoding="utf-8") as file:
        dataset = [json.loads(line) for line in file]
    errors = format_errors(dataset)
    encoding = tiktoken.get_encoding(encoding_name)
    lengths = []
    contents = messages = 0
    for example in dataset:
        total = 0
        for message in example.get("messages", []):
            messages += 1
            total += 3
            for key, value in message.items():
                tokens = len(encoding.encode(value))
                total += tokens
                if key == "content":
                    contents += tokens
                if key == "name":
                    total += 1
        lengths.append(total + 3)
    summary = {
        "examples": len(dataset),
        "messages": messages,
        "errors": errors,
        "tokens": sum(lengths),
        "content_tokens": contents,
    }
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
