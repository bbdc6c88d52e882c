"""The table of Slack's errors, its page, and the code that uses it agree."""

import re
from pathlib import Path

from sandbox.control import ENDPOINTS
from sandbox.slack_errors import ERRORS, as_markdown

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sandbox.md"


def test_the_page_holds_the_table() -> None:
    """To update the page: python -m sandbox.slack_errors docs/sandbox.md"""
    text = PAGE.read_text("utf-8")
    table = text.partition("<!-- errors: begin -->\n")[2].partition("<!-- errors: end -->")[0]
    assert table == as_markdown()


def test_every_row_says_when_and_names_its_source_with_the_date_it_was_read() -> None:
    for row in ERRORS.values():
        assert row.when.endswith("."), row.key
        assert row.source.startswith("https://"), row.key
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row.read), row.key


def test_every_row_that_the_code_names_exists() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "sandbox").rglob("*.py"))
    named = set(re.findall(r'\b(?:fail|limit)\("([^"]+)"', code))
    assert len(named) > 80
    assert named - set(ERRORS) == set()


def test_the_page_names_every_endpoint_of_the_control_api() -> None:
    text = PAGE.read_text("utf-8")
    assert [path for path in ENDPOINTS if f"`{path}`" not in text] == []
