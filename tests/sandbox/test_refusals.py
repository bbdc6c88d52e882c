"""The table of refusals and its page agree."""

import re
from pathlib import Path

from sandbox.control import ACTS
from sandbox.refusals import RULES, as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"


def test_the_page_holds_the_table_as_it_is_in_the_program() -> None:
    """To bring the page up to date: python -m sandbox.refusals docs/sandbox.md"""
    text = PAGE.read_text("utf-8")
    table = text.partition("<!-- refusals: begin -->\n")[2].partition("<!-- refusals: end -->")[0]
    assert table == as_markdown()


def test_every_refusal_says_when_and_names_a_page_with_the_date_it_was_read() -> None:
    for rule in RULES.values():
        assert rule.when.endswith("."), rule.key
        assert rule.page.startswith("https://"), rule.key
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", rule.read), rule.key


def test_the_page_names_every_act_of_the_control_api() -> None:
    text = PAGE.read_text("utf-8")
    assert [act for act in ACTS if f"`{act}`" not in text] == []
