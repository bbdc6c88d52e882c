"""How long one example is for a model, as the check measures it."""

from typing import Any

from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.length_counter import LengthCounter, Texts
from training_files.validate_example import validate


def example_length(example: dict[str, Any], counter: LengthCounter) -> int:
    """In tokens; 0 where it cannot be measured."""
    findings, counted = Findings(), None
    with findings.of_one_example():
        counted = validate(example, 1, findings, DatasetChecks())
    if counted is None:
        return 0
    messages = example.get("messages", ())
    roles = [str(message.get("role")) for message in messages if isinstance(message, dict)]
    texts = Texts()
    texts.add(1, counted, roles)
    (length,) = counter.measure(texts, counter.tokenizer.count(counter.texts(texts)))
    return length
