"""A document is cut into passages that can be asked about."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.generation.passages import LONGEST, drawn, passages_in

LONG = "A parcel may be returned within thirty days, unopened, with the receipt and in its box."


def test_a_passage_is_called_after_the_headings_above_it() -> None:
    text = f"{LONG}\n\n# Returns\n\n## Parcels\n{LONG} One.\n\n## Letters\n{LONG} Two.\n# Prices\n{LONG} Three."
    found = passages_in(text, "rules.md")
    assert [one.name for one in found] == ["rules.md", "Returns › Parcels", "Returns › Letters", "Prices"]
    assert found[1].passage == f"{LONG} One."


def test_a_comment_in_a_program_is_no_heading() -> None:
    [found] = passages_in(f"# Setup\n```\n# {LONG}\n```\n{LONG}", "rules.md")
    assert found.name == "Setup"


def test_paragraphs_stay_whole_and_together_where_they_fit() -> None:
    found = passages_in("\n\n".join(f"{LONG} {n}." for n in range(60)), "rules.txt")
    assert all(len(one.passage.encode()) <= LONGEST for one in found)
    assert "\n\n".join(one.passage for one in found).count(LONG) == 60
    assert len(found) == 2


def test_what_says_too_little_is_left_out() -> None:
    assert passages_in("# Contents\n\n1. Returns\n", "rules.md") == []


@settings(max_examples=30)
@given(st.text(max_size=50).map(lambda text: text * 200))
def test_no_passage_is_too_long_for_a_question(text: str) -> None:
    assert all(len(one.passage.encode()) <= LONGEST for one in passages_in(text.encode(errors="ignore").decode(), "x"))


def test_of_a_long_document_passages_from_all_over_it_are_drawn() -> None:
    passages = passages_in("\n".join(f"# {n}\n{LONG}" for n in range(1_000)), "rules.md")
    numbers = [int(one.name) for one in drawn(passages, 50)]
    assert len(numbers) == 50
    assert {after - before for before, after in pairwise(numbers)} == {20}
