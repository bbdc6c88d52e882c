"""Deleting, as people ask for it."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion, DeletedDataset
from bot.models.deletion import ModelDeletion
from bot.models.lookup import ModelLookup
from handlers.blocks import deletion as blocks
from handlers.callers import Callers
from handlers.deletion.listeners import DeletionListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request

TRAINING = Dataset("ds-1", "abc", "train.jsonl", 3, ANA.user, "T0ACME", "C0TRAINING", False, "1.0", 1.0)
MODEL = "ft:gpt-4.1-mini-2025-04-14:acme:support:1"


class Deletions:
    """Both use cases, as what was asked of them."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str]] = []

    async def check(self, caller: Caller, what: str) -> Dataset:
        return TRAINING

    async def delete(self, caller: Caller, what: str) -> DeletedDataset:
        self.deleted.append((caller.user, what))
        return DeletedDataset(TRAINING, ("acme",), ("other",))

    async def named(self, caller: Caller, word: str, *, tuned_only: bool) -> str:
        assert tuned_only
        return {"support": MODEL}.get(word, word)


@pytest.fixture
def deletions() -> Deletions:
    return Deletions()


@pytest.fixture
def taken_down() -> list[Dataset]:
    return []


@pytest.fixture
def listeners(slack: Slack, deletions: Deletions, taken_down: list[Dataset]) -> DeletionListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    poster = Poster(slack.client)

    async def take_down(dataset: Dataset) -> None:
        taken_down.append(dataset)

    return DeletionListeners(
        callers=Callers(People(poster, "T0ACME", Roles()), "T0ACME"),
        datasets=cast(DatasetDeletion, deletions),
        models=cast(ModelDeletion, deletions),
        lookup=cast(ModelLookup, deletions),
        poster=poster,
        take_down=take_down,
    )


def _modal(slack: Slack) -> dict[str, Any]:
    (opened,) = slack.called("views.open")
    view: dict[str, Any] = opened["view"]
    return view


@pytest.mark.parametrize(
    ("words", "callback", "named"), [("`ds-1`", blocks.DATASET, "ds-1"), ("support", blocks.MODEL, MODEL)]
)
async def test_a_command_asks_in_a_modal_before_anything_goes(
    listeners: DeletionListeners, deletions: Deletions, slack: Slack, words: str, callback: str, named: str
) -> None:
    await listeners.command(a_request(words))
    view = _modal(slack)
    assert view["callback_id"] == callback
    assert msgspec.json.decode(view["private_metadata"], type=blocks.DeletionTarget).id == named
    assert deletions.deleted == []


@pytest.mark.parametrize("fields", [{"trigger_id": None}, {"is_retry": True}])
async def test_where_no_modal_can_be_opened_the_question_has_a_button(
    listeners: DeletionListeners, slack: Slack, fields: dict[str, Any]
) -> None:
    answers = Answers()
    await listeners.ask_dataset(a_request("ds-1", answers, **fields))
    assert slack.called("views.open") == []
    (button,) = answers[0].blocks[-1].to_dict()["elements"]
    assert (button["action_id"], button["value"]) == (blocks.DELETE_DATASET, "ds-1")


async def _by_button(delete: Callable[..., Awaitable[None]], what: str, answers: Answers) -> None:
    await delete(a_request(what, answers))


async def _by_modal(delete: Callable[..., Awaitable[None]], what: str, answers: Answers) -> None:
    metadata = msgspec.json.encode(blocks.DeletionTarget("C0TRAINING", what)).decode()
    await delete(a_request("", answers, body={"view": {"private_metadata": metadata}}))


@pytest.mark.parametrize("ask", [_by_button, _by_modal])
async def test_what_is_confirmed_is_deleted_for_who_confirmed_it(
    listeners: DeletionListeners, deletions: Deletions, taken_down: list[Dataset], ask: Callable[..., Awaitable[None]]
) -> None:
    answers = Answers()
    await ask(listeners.delete_dataset, "ds-1", answers)
    await ask(listeners.delete_model, MODEL, answers)
    assert deletions.deleted == [(ANA.user, "ds-1"), (ANA.user, MODEL)]
    assert taken_down == [TRAINING]
    assert "train.jsonl and the one at acme are deleted" in answers[0].text.replace("`", "")
    assert "could not be deleted at other yet" in answers[0].text
    assert "support" in answers[1].text
