"""The functions that a model may call in a conversation, as people paste them or a training file declares them.

They are the protocol's: at most 128, each with a name of its own and a JSON schema of its parameters, held to the same
rules as the tools of training files.
"""

from typing import Any

import msgspec

from bot.conversations.conversation import Attachment
from bot.errors import Invalid
from training_files.chat import NotAnExample, parse
from training_files.findings import Findings
from training_files.tools import declared

LONGEST = 60_000
"""Characters."""


def read_tools(text: str, field: str | None = None) -> tuple[dict[str, Any], ...]:
    """The tools in JSON that a person wrote: a list of tools or of bare functions, one alone, or an object with such a
    list as `tools` or `functions`, as a line of a training file has it. Nothing where nothing is written.

    Raises Invalid, at `field`, where a model could not be given them.
    """
    if not text.strip():
        return ()
    if len(text) > LONGEST:
        raise Invalid("tools_too_long", field, most=LONGEST)
    try:
        value = parse(text.encode())
    except (NotAnExample, UnicodeEncodeError) as error:
        raise Invalid("tools_no_json", field) from error
    if isinstance(value, dict):
        listed = value.get("tools") or value.get("functions")
        value = listed if isinstance(listed, list) else [value]
    tools = [_tool(one) for one in value] if isinstance(value, list) else value
    findings = Findings()
    with findings.of_one_example():
        declared({"tools": tools}, 1, findings)
    twice = [finding for finding in findings.first("warning") if finding.code == "duplicate_tool"]
    wrong = next(iter([*findings.first("error"), *twice]), None)
    if wrong is not None:
        raise Invalid("tools_invalid", field, finding=wrong.code, field=wrong.field, params=wrong.params)
    return tuple(tools)


def are_tools(file: Attachment) -> bool:
    """Whether a file that was dropped in a thread declares some."""
    if file.text is None or not file.name.lower().endswith(".json"):
        return False
    try:
        return bool(read_tools(file.text))
    except Invalid:
        return False


def shared_tools(examples: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The tools of training examples, where all that declare any declare the same."""
    different = {
        msgspec.json.encode([example.get("tools"), example.get("functions")], order="deterministic"): example
        for example in examples
        if example.get("tools") or example.get("functions")
    }
    if len(different) != 1:
        return ()
    (example,) = different.values()
    try:
        return read_tools(msgspec.json.encode(example.get("tools") or example.get("functions")).decode())
    except Invalid:
        return ()


def _tool(value: Any) -> Any:
    """A bare function, or one as the protocol's newer endpoint has it, as a tool."""
    if not isinstance(value, dict) or "function" in value or not isinstance(value.get("name"), str):
        return value
    return {"type": "function", "function": {name: of for name, of in value.items() if name != "type"}}
