"""The preference format (DPO): an input, the answer that is preferred, and the one that is not."""

from typing import Any

from training_files import chat
from training_files.chat import Counted
from training_files.dataset_checks import DatasetChecks
from training_files.findings import Findings
from training_files.quoting import kind, quoted
from training_files.report import Param
from training_files.tools import Toolbox

KEYS = frozenset(("input", "preferred_output", "non_preferred_output"))
INPUT_KEYS = frozenset(("messages", "tools", "parallel_tool_calls"))


def validate(example: dict[str, Any], line: int, findings: Findings, dataset_checks: DatasetChecks) -> Counted | None:
    """Holds a preference example to the format; None where nothing of it can be counted."""
    dataset_checks.preference(line)
    dataset_checks.keys(line, [key for key in example if key not in KEYS])
    messages, toolbox, counted = _validate_input(example, line, findings, dataset_checks)
    answers = []
    for name in ("preferred_output", "non_preferred_output"):
        answer = _answer(example, name, line, findings)
        if answer is not None:
            answers.append(answer)
            said = chat.validate_messages([answer], name, line, findings, toolbox)
            counted.texts += said.texts
            counted.messages += 1
    if len(answers) == 2 and answers[0] == answers[1]:
        findings.add("equal_preference", line, "non_preferred_output", quote=chat.text_of(answers[0]))
    return counted if messages else None


def _validate_input(
    example: dict[str, Any], line: int, findings: Findings, dataset_checks: DatasetChecks
) -> tuple[list[Any], Toolbox | None, Counted]:
    """Gives the messages (none where it has none), the tools, and what is to be counted of both."""
    counted = Counted([], 0, format="preference")
    source = example.get("input")
    if not isinstance(source, dict):
        found = kind(source) if "input" in example else "missing"
        findings.add("invalid_preference", line, "input", problem="not_object", found=found, quote=quoted(source, 120))
        return [], None, counted
    dataset_checks.keys(line, [f"input.{key}" for key in source if key not in INPUT_KEYS])
    toolbox = chat.toolbox_of(source, line, findings, "input.")
    messages = source.get("messages")
    if not isinstance(messages, list) or not messages:
        found = kind(messages) if "messages" in source else "missing"
        quote = quoted(messages, 120)
        findings.add("invalid_preference", line, "input.messages", problem="not_list", found=found, quote=quote)
        return [], toolbox, counted
    counted = chat.validate_messages(messages, "input.messages", line, findings, toolbox)
    chat.count_tools(source, counted)
    counted.format = "preference"
    counted.estimated = True  # how pairs are billed is not published
    last = messages[-1]
    if isinstance(last, dict) and last.get("role") == "assistant":
        findings.add("invalid_preference", line, f"input.messages[{len(messages) - 1}].role", problem="answered")
    if any(part.get("type") == "image_url" for message in messages for part in chat.parts_of(message)):
        findings.add("invalid_preference", line, "input.messages", problem="images")
    return messages, toolbox, counted


def _answer(example: dict[str, Any], name: str, line: int, findings: Findings) -> dict[str, Any] | None:
    """The one message of an output; None where it is not one of the assistant."""
    output = example.get(name)
    if output is None:
        found = "null" if name in example else "missing"
        findings.add("invalid_preference", line, name, problem="no_output", found=found)
        return None
    params: dict[str, Param]
    if not isinstance(output, list):
        params = {"problem": "not_list", "found": kind(output)}
    elif len(output) != 1:
        params = {"problem": "length", "messages": len(output)}
    elif not isinstance(output[0], dict):
        params = {"problem": "not_object", "found": kind(output[0])}
    elif output[0].get("role") != "assistant":
        params = {"problem": "role", "role": quoted(output[0].get("role"))}
    else:
        answer: dict[str, Any] = output[0]
        return answer
    findings.add("preference_not_one_answer", line, name, quote=quoted(output, 120), **params)
    return None
