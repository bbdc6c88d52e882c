"""Examples to evaluate models with."""

from typing import Any


def a_chat(question: str, answer: str, **fields: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, **fields}


def labelled(n: int) -> list[dict[str, Any]]:
    """Reviews, good and bad in turn."""
    return [a_chat(f"Review {number}: it is {number}.", ("good", "bad")[number % 2]) for number in range(n)]
