"""Repairs of completion examples: where the prompt ends, how the answer begins, where it stops.

A base model reads one run of text, so that each of the three has to be marked in the same way everywhere.
"""

from training_files.repair.repair import Example, Outcome, RepairContext

SEPARATORS = ("\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n")
STOPS = (" END", " ###", " ***", " +++", " &&&", " $$$", " @@@")


def separator(example: Example, context: RepairContext) -> Outcome:
    prompt = example.get("prompt")
    if "separator" not in context.needed or not isinstance(prompt, str) or "completion" not in example:
        return None
    fresh = context.prompts.ended(prompt)
    return None if fresh == prompt else example | {"prompt": fresh}


def leading_space(example: Example, context: RepairContext) -> Outcome:
    completion = example.get("completion")
    if "leading_space" not in context.needed or not isinstance(completion, str) or "prompt" not in example:
        return None
    if (
        not completion or completion[0].isspace() or not completion[0].isascii()
    ):  # Chinese has no spaces, and needs none
        return None
    return example | {"completion": " " + completion}


def stop_sequence(example: Example, context: RepairContext) -> Outcome:
    completion = example.get("completion")
    if "stop_sequence" not in context.needed or not isinstance(completion, str) or "prompt" not in example:
        return None
    fresh = context.completions.ended(completion)
    return None if fresh == completion else example | {"completion": fresh}
