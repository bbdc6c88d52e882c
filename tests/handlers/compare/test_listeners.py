"""The listeners of comparing: what was typed or pressed, and which use case hears of it."""

from typing import Any, cast

import pytest

from bot.compare.comparison import Choice
from bot.errors import Invalid, NotFound
from handlers.callers import Callers
from handlers.compare.listeners import CompareListeners
from handlers.compare.modal import read, wrong
from handlers.modals import Modals
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.comparing import OPENED, Compared, Files, a_checkpoint
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request

OLD, NEW, HOUSE = "ft:gpt:acme:old:1", "ft:gpt:acme:new:2", "ft:gpt:acme:house:3"


@pytest.fixture
def compared() -> Compared:
    return Compared(there=[OLD, NEW, HOUSE])


@pytest.fixture
def listeners(slack: Slack, compared: Compared) -> CompareListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    poster = Poster(slack.client)
    parts: Any = compared
    return CompareListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        comparisons=parts,
        arenas=parts,
        keeper=parts,
        models=parts,
        catalogue=parts,
        jobs=parts,
        overview=parts,
        datasets=cast(Any, Files()),
        modals=Modals(poster),
    )


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("old new Who are you?", ((OLD, NEW), "Who are you?")),
        ("old new house Who?", ((OLD, NEW, HOUSE), "Who?")),
        ("old new house", ((OLD, NEW), "house")),  # the last word is the question
        ('old new "house rules?"', ((OLD, NEW), "house rules?")),
        ("old new “house rules?”", ((OLD, NEW), "house rules?")),
        ("old new ho ho ho", ((OLD, NEW), "ho ho ho")),  # too short to mean a model
        ("`old`, new 'tis late", ((OLD, NEW), "'tis late")),
        ("old new 你好 吗", ((OLD, NEW), "你好 吗")),
        ("old new Two\nlines", ((OLD, NEW), "Two\nlines")),
    ],
)
async def test_models_come_first_and_then_the_question(
    listeners: CompareListeners, compared: Compared, typed: str, asked: tuple[Any, ...]
) -> None:
    await listeners.compare(a_request(typed, body={"command": "/finetune"}))
    assert compared.asked == [("open", *asked), ("begin", "cmp-1")]


async def test_whoever_asked_in_a_thread_is_told_where_the_answers_come(listeners: CompareListeners) -> None:
    answers = Answers()
    await listeners.compare(a_request("old new Who?", answers))
    assert "https://acme.slack.com/p2.5" in answers.text
    answers = Answers()
    await listeners.compare(a_request("old new Who?", answers, body={"command": "/finetune"}))
    assert answers == []


@pytest.mark.parametrize("typed", ["", "old", "old new"])
async def test_where_words_are_missing_a_modal_opens_with_those_that_are_there(
    listeners: CompareListeners, slack: Slack, typed: str
) -> None:
    await listeners.compare(a_request(typed))
    (opened,) = slack.called("views.open")
    assert ("initial_options" in str(opened)) is bool(typed)
    assert "gpt-base" in str(opened)


async def test_where_nothing_can_be_opened_the_words_are_explained(listeners: CompareListeners, slack: Slack) -> None:
    slack.replies["views.open"] = [error("expired_trigger_id")]
    with pytest.raises(Invalid, match="compare_words"):
        await listeners.compare(a_request("old"))
    with pytest.raises(Invalid, match="compare_words"):
        await listeners.compare(a_request("old", trigger_id=None))
    with pytest.raises(Invalid, match="arena_words"):
        await listeners.arena(a_request("old new n=20", trigger_id=None))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("old new n=20 on validation.jsonl", ("open", (OLD, NEW), "ds-9", 20, 3)),
        ("old new house n=4 votes=1 on validation.jsonl", ("open", (OLD, NEW, HOUSE), "ds-9", 4, 1)),
        ("old new on validation.jsonl", ("open", (OLD, NEW), "ds-9", 10, 3)),
        ("old new on validation.jsonl votes=5", ("open", (OLD, NEW), "ds-9", 10, 5)),
        ("old new Who?", ("open_on", (OLD, NEW), "Who?", 3)),
        ("old new votes=2 Who are you?", ("open_on", (OLD, NEW), "Who are you?", 2)),
        ("old new on what day?", ("open_on", (OLD, NEW), "on what day?", 3)),
    ],
)
async def test_an_arena_is_on_prompts_of_a_file_or_on_one(
    listeners: CompareListeners, compared: Compared, typed: str, asked: tuple[Any, ...]
) -> None:
    await listeners.arena(a_request(typed, body={"command": "/finetune"}))
    assert compared.asked == [asked, ("begin", "cmp-1")]


async def test_an_arena_without_words_is_the_standings(listeners: CompareListeners) -> None:
    answers = Answers()
    await listeners.arena(a_request("", answers))
    assert "There was no arena" in answers.text


async def test_buttons(listeners: CompareListeners, compared: Compared) -> None:
    answers = Answers()
    await listeners.try_again(a_request("cmp-1 1700.5"))
    await listeners.reveal(a_request("cmp-2"))
    for vote, choice in (
        (listeners.vote_first, Choice.FIRST),
        (listeners.vote_second, Choice.SECOND),
        (listeners.vote_tie, Choice.TIE),
        (listeners.vote_bad, Choice.BAD),
    ):
        await vote(a_request("cmp-2 7 0", answers))
        assert ("vote", "cmp-2", "7", 0, choice) in compared.asked
    assert compared.asked[:4] == [("try_again", "cmp-1", "1700.5"), ("look",), ("reveal", "cmp-2"), ("look",)]
    assert "Your vote on prompt 7: *Both are bad*" in answers.text


@pytest.mark.parametrize("value", ["", "cmp-2", "cmp-2 7", "cmp-2 7 x", "cmp-2 7 0 0", "cmp-2 7 ²"])
async def test_a_vote_that_nobody_offered_is_refused(
    listeners: CompareListeners, compared: Compared, value: str
) -> None:
    with pytest.raises(NotFound):
        await listeners.vote_first(a_request(value))
    assert compared.asked == []


async def test_a_job_is_compared_with_its_base_and_its_checkpoints_with_each_other(
    listeners: CompareListeners, compared: Compared, slack: Slack
) -> None:
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}] * 2
    await listeners.compare_job(a_request("job-1"))
    compared.ranked = [a_checkpoint(f"ft:gpt:acme::{step}:ckpt-step-{step}", step) for step in range(6)]
    await listeners.compare_checkpoints(a_request("job-1"))
    first, second = (call["view"]["blocks"][0]["element"] for call in slack.called("views.open"))
    assert [one["value"] for one in first["initial_options"]] == [
        compared.job.base_model,
        compared.job.fine_tuned_model,
    ]
    assert len(second["initial_options"]) == 3
    assert len(second["options"]) == 6 + 3 + 1


async def test_what_is_said_in_the_thread_is_a_question_unless_it_is_empty(
    listeners: CompareListeners, compared: Compared
) -> None:
    request = a_request("", body={"event": {"ts": "3.5"}})
    await listeners.said(request, OPENED, "And now?")
    await listeners.said(request, OPENED, "")
    assert compared.asked == [("ask", "3.5", "And now?"), ("look",)]


@pytest.mark.parametrize("blind", [True, False])
async def test_the_modal(listeners: CompareListeners, compared: Compared, blind: bool) -> None:
    values = filled([OLD, NEW], " Who? ", blind=blind)
    await listeners.submitted(a_request("", body={"view": {"state": {"values": values}}}))
    opened = ("open_on", (OLD, NEW), "Who?") if blind else ("open", (OLD, NEW), "Who?")
    assert compared.asked == [opened, ("begin", "cmp-1")]


async def test_prompts_of_a_file_can_be_chosen_in_the_modal(listeners: CompareListeners, compared: Compared) -> None:
    values = filled([OLD, NEW], None, file="ds-9")
    assert wrong(values) == {}
    await listeners.submitted(a_request("", body={"view": {"state": {"values": values}}}))
    assert compared.asked == [("open", (OLD, NEW), "ds-9"), ("begin", "cmp-1")]
    assert set(wrong(filled([OLD, NEW], "Who?", file="ds-9"))) == {"file"}


def filled(models: list[str], prompt: str | None, *, blind: bool = False, file: str | None = None) -> dict[str, Any]:
    chosen = [{"value": model} for model in models]
    return {
        "models": {"models": {"selected_options": chosen}},
        "prompt": {"prompt": {"value": prompt}},
        "file": {"file": {"selected_option": {"value": file} if file else None}},
        "blind": {"blind": {"selected_options": [{"value": "blind"}] if blind else []}},
    }


def test_what_is_wrong_in_the_modal_is_said_at_its_field() -> None:
    assert wrong(filled([OLD, NEW], "Who?")) == {}
    assert set(wrong(filled([OLD], " "))) == {"models", "prompt"}
    assert set(wrong(filled([OLD] * 5, "Who?"))) == {"models"}
    assert set(wrong({})) == {"models", "prompt"}
    assert read({}).blind is False
