"""The completion format of base models: a prompt and what follows it."""

from typing import Any

from training_files.chat import Counted
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.quoting import kind, quoted

KEYS = frozenset(("prompt", "completion"))


def validate(example: dict[str, Any], line: int, findings: Findings, dataset_checks: DatasetChecks) -> Counted | None:
    """Holds a completion example to the format; None where it is not a pair of texts. What was advised for such
    files shows over many lines: `dataset_checks` finds it.
    """
    dataset_checks.completion(line)
    dataset_checks.keys(line, [key for key in example if key not in KEYS])
    whole = True
    for key in ("prompt", "completion"):
        if not isinstance(example.get(key), str):
            found = kind(example[key]) if key in example else "missing"
            findings.add("completion_missing_text", line, key, found=found, quote=quoted(example.get(key), 120))
            whole = False
    if not whole:
        return None
    prompt, completion = example["prompt"], example["completion"]
    if not completion.strip():
        findings.add("empty_answer", line, "completion", quote=quoted(completion, 120))
    else:
        dataset_checks.pair(line, prompt, completion, findings)
    return Counted([prompt, completion], 0, format="completion", estimated=True)
