"""The errors and limits that the sandbox takes over from Slack, read from slack_errors.csv.

Code elsewhere names a row by its key; the error code and the limit stand only in the table. Where Slack's
pages give no number, the row says where it was observed. The table in docs/sandbox.md is written from this one:
`python -m sandbox.slack_errors docs/sandbox.md`.
"""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sandbox.model import Json

TABLE = Path(__file__).with_name("slack_errors.csv")


@dataclass(frozen=True, slots=True)
class ErrorDefinition:
    """One row: Slack's error code, when it comes, the limit if there is one, and where and when this was read."""

    key: str
    error: str
    limit: int | None
    when: str
    source: str
    read: str


class SlackError(Exception):
    """Slack refuses a call. Becomes `{"ok": false, "error": ...}` with `details` and `extra` fields."""

    def __init__(self, definition: ErrorDefinition, details: tuple[str, ...], extra: Json) -> None:
        super().__init__(definition.error)
        self.definition = definition
        self.details = details
        self.extra = extra

    def to_api(self) -> Json:
        body: Json = {"ok": False, "error": self.definition.error} | self.extra
        if self.details:
            body["response_metadata"] = {"messages": [f"[ERROR] {d}" for d in self.details]}
            if self.definition.error == "invalid_blocks":
                body["errors"] = list(self.details)
        return body


def fail(key: str, *details: str, **extra: object) -> NoReturn:
    """Raise the error of row `key`. `details` become response_metadata.messages, `extra` further fields."""
    raise SlackError(ERRORS[key], details, dict(extra))


def limit(key: str) -> int:
    """The limit in row `key`."""
    number = ERRORS[key].limit
    assert number is not None, key
    return number


def _read() -> dict[str, ErrorDefinition]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            key: ErrorDefinition(key, error, int(limit) if limit else None, when, source, read)
            for key, error, limit, when, source, read in list(csv.reader(file))[1:]
        }


ERRORS = _read()


def as_markdown() -> str:
    """The table, for docs/sandbox.md."""
    lines = ["| key | error | limit | when | source | read |", "| --- | --- | --- | --- | --- | --- |"]
    for row in ERRORS.values():
        number = "" if row.limit is None else f"{row.limit:,}"
        name = row.source.removeprefix("https://").removeprefix("docs.slack.dev/")
        lines.append(f"| `{row.key}` | `{row.error}` | {number} | {row.when} | [{name}]({row.source}) | {row.read} |")
    return "\n".join(lines) + "\n"


def write_into(page: Path) -> None:
    """Put the table between the two markers of a page."""
    text = page.read_text("utf-8")
    before, begin, rest = text.partition("<!-- errors: begin -->\n")
    _, end, after = rest.partition("<!-- errors: end -->")
    page.write_text(before + begin + as_markdown() + end + after, "utf-8")


if __name__ == "__main__":
    write_into(Path(sys.argv[1]))
