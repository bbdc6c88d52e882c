"""The one reaction on a dropped file's message."""

from collections.abc import Callable

import pytest

from bot.datasets.dataset import Dataset
from bot.datasets.report import Verdict
from bot.store.datasets import SqlDatasetStore
from handlers.datasets.reactions import Reactions
from handlers.web.poster import Poster
from tests.scripted_slack import Slack, error

Drop = Callable[..., Dataset]


@pytest.fixture
def reactions(slack: Slack, datasets: SqlDatasetStore) -> Reactions:
    return Reactions(datasets, Poster(slack.client))


def made(slack: Slack) -> list[tuple[str, str]]:
    return [(name.removeprefix("reactions."), each["name"]) for name, each in slack.calls]


async def test_a_changed_verdict_takes_the_place_of_the_one_before(
    reactions: Reactions, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    dataset = dropped()
    await datasets.save(dataset)
    for verdict in (Verdict.READY, Verdict.READY, Verdict.LOOK, None):
        await reactions.show(dataset, verdict)
    assert made(slack) == [
        ("add", "white_check_mark"),
        ("add", "warning"),
        ("remove", "white_check_mark"),
        ("remove", "warning"),
    ]
    assert {each["timestamp"] for _, each in slack.calls} == {"1.000000"}


async def test_of_several_files_the_weightiest_is_shown(
    reactions: Reactions, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    for dataset_id, verdict in (("ds-1", Verdict.LOOK), ("ds-2", Verdict.WRONG), ("ds-3", Verdict.READY)):
        await datasets.save(dropped(dataset_id))
        await reactions.show(dropped(dataset_id), verdict)
    await reactions.show(dropped("ds-2"), None)
    assert made(slack) == [
        ("add", "warning"),
        ("add", "x"),
        ("remove", "warning"),
        ("add", "warning"),
        ("remove", "x"),
    ]


@pytest.mark.parametrize("refusal", ["missing_scope", "already_reacted", "message_not_found"])
async def test_where_slack_refuses_there_is_none_and_nothing_else_changes(
    reactions: Reactions, slack: Slack, datasets: SqlDatasetStore, dropped: Drop, refusal: str
) -> None:
    await datasets.save(dropped())
    slack.replies["reactions.add"] = [error(refusal)]
    await reactions.show(dropped(), Verdict.READY)
    known = await datasets.get("ds-1")
    assert known is not None
    assert known.reaction == "white_check_mark"


async def test_what_the_bot_made_has_no_message_of_a_persons(reactions: Reactions, slack: Slack, dropped: Drop) -> None:
    await reactions.show(dropped(derived_from="ds-0"), Verdict.READY)
    assert slack.calls == []
