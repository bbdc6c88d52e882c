"""The codes of what can be wrong with a training file: severity, sentence, remedy.

`python -m bot.datasets > docs/findings.md` writes the page; a test holds that page to this table.
"""

from bot.datasets.deep.rules import RULES as DEEP
from bot.datasets.report import Finding, Severity
from bot.datasets.rule import Rule

KEPT = 1_000
"""Findings kept of each severity; all are counted."""


RULES = (
    Rule(
        "not_jsonl",
        "error",
        "The file is something else than JSONL: a spreadsheet, a JSON array, a PDF. It is not read further.",
        "This is {what}, not JSONL.",
        "{how}",
    ),
    Rule(
        "not_utf8",
        "error",
        "A line, or the whole file, is not UTF-8 text.",
        "{what}",
        "Save the file as UTF-8.",
    ),
    Rule(
        "invalid_json",
        "error",
        "The line is not valid JSON.",
        "The line is not valid JSON: {why}.",
        "{how}",
    ),
    Rule(
        "line_too_long",
        "error",
        "The line is longer than 64 MB. It is skipped.",
        "The line is longer than {megabytes} MB and was skipped.",
        "Put each example on a line of its own, or take the large part out.",
    ),
    Rule(
        "data_type",
        "error",
        "An example, or a message in it, is not a JSON object.",
        "{where} is {what}, not an object.",
        "{how}",
    ),
    Rule(
        "missing_messages_list",
        "error",
        "The example has no `messages` list, or an empty one.",
        "{what}",
        'Give the example a list of messages: {{"messages": [{{"role": "user", "content": "..."}}, ...]}}.',
    ),
    Rule(
        "message_missing_key",
        "error",
        "A message has no `role`, or no `content` and no call in its place.",
        "`{field}` has no {missing}.",
        "Add {missing} to the message.",
    ),
    Rule(
        "message_unrecognized_key",
        "error",
        "A message has a key that the format does not know.",
        "`{field}` has {keys}, which the format does not know.",
        "Remove or rename it; known are {known}.",
    ),
    Rule(
        "unrecognized_role",
        "error",
        "A message's `role` is not one of the format's roles.",
        "`{field}` is {role}, which is not a role.",
        "Use {instead}.",
    ),
    Rule(
        "missing_content",
        "error",
        "A message has no content (empty, null or not text), and no call in its place.",
        "`{field}` is {what}.",
        "Write the message's text there, or remove the message.",
    ),
    Rule(
        "example_missing_assistant_message",
        "error",
        "No message of the example is the assistant's, so there is nothing to learn from it.",
        "The example has no message with the role assistant.",
        "Add the answer that the model should learn, or remove the line.",
    ),
    Rule(
        "too_few_examples",
        "error",
        "The file has fewer examples than training takes: 10.",
        "{what}",
        "Add {missing} or more; 50 to 100 good ones are a usual start.",
    ),
    Rule(
        "file_too_large",
        "error",
        "The file is larger than the model's provider takes.",
        "The file has {megabytes:,} MB; {model} takes {limit:,} MB at most.",
        "Train on a smaller selection, or on a provider that takes more.",
    ),
    Rule(
        "example_too_long",
        "warning",
        "The example is longer than the model takes. It is cut at the end without any notice, and the answer is "
        "what stands there.",
        "The example has {tokens:,} tokens; {model} takes {limit:,}, so the last {cut:,} are cut off silently.",
        "Shorten it or split it into several.",
    ),
    Rule(
        "empty_line",
        "warning",
        "The line is empty. It is passed over here; some tools stop at it.",
        "The line is empty.",
        "Remove it.",
    ),
    Rule(
        "byte_order_mark",
        "warning",
        "The file begins with a byte-order mark. It is passed over here; some tools stop at it.",
        "The file begins with a byte-order mark (three invisible bytes).",
        "Save it as UTF-8 without a byte-order mark.",
    ),
    *DEEP,
)

BY_CODE = {rule.code: rule for rule in RULES}


class Findings:
    """Collects what is found in one file: counts all, keeps the first `KEPT` of each severity."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._kept: dict[Severity, list[Finding]] = {"error": [], "warning": []}

    def add(self, code: str, line: int | None, field: str | None = None, *, quote: str = "", **details: object) -> None:
        """Notes one finding. `details` fill in the rule's sentence, `quote` is cut to 120 characters."""
        self.counts[code] = self.counts.get(code, 0) + 1
        rule = BY_CODE[code]
        kept = self._kept[rule.severity]
        if len(kept) < KEPT:
            message = f"{rule.says} {rule.remedy}".format(field=field, **details)
            kept.append(Finding(code, line, message, rule.severity, field, quote[:120]))

    def first(self, severity: Severity) -> list[Finding]:
        return self._kept[severity]


def merged(collected: list[Findings], severity: Severity) -> list[Finding]:
    """The first `KEPT` by line, those about the whole file before all others."""
    everything = [finding for findings in collected for finding in findings.first(severity)]
    return sorted(everything, key=lambda finding: finding.line or 0)[:KEPT]


def page() -> str:
    """The text of docs/findings.md."""
    lines = [
        "# Findings",
        "",
        "What the check of a training file can find. This page is written by `python -m bot.datasets`",
        "from the table that the program uses. An error keeps a file from being trained on; a warning does not.",
        "",
        "| code | severity | what it means | what to do |",
        "|---|---|---|---|",
    ]
    for rule in RULES:
        lines.append(
            f"| `{rule.code}` | {rule.severity} | {rule.meaning} | {_REMEDIES.get(rule.code) or rule.remedy} |"
        )
    return "\n".join(lines) + "\n"


_REMEDIES = {  # where the sentence depends on what was found
    "not_jsonl": "Export the data as JSONL: one JSON object a line.",
    "invalid_json": "Write one complete JSON object a line, with double quotes; let a JSON library write it.",
    "data_type": "Make it an object in braces.",
    "missing_messages_list": 'Give the example its messages: `{"messages": [{"role": "user", "content": "..."}]}`.',
    "message_missing_key": "Add what is missing.",
    "message_unrecognized_key": "Remove or rename the key.",
    "unrecognized_role": "Use system, developer, user, assistant, tool or function.",
    "too_few_examples": "Add more; 50 to 100 good ones are a usual start.",
}
