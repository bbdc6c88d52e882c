"""The list of the provider's files, as people turn its pages and delete from it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.access import Caller
from bot.datasets.provider_files import ProviderFile, ProviderFiles
from bot.providers.channel_providers import ChannelProviders
from bot.providers.interface import RemoteFile
from handlers.callers import Callers
from handlers.provider_files import blocks
from handlers.provider_files.listeners import ProviderFileListeners
from handlers.web.people import People, Roles
from handlers.web.poster import Poster
from tests.scripted_slack import Slack
from tests.slack_requests import ANA, Answers, a_request


class TwelveFiles:
    """The use case, with twelve files of Ana's, and what was asked of it."""

    def __init__(self) -> None:
        self.ids = [f"file-{number}" for number in range(12)]
        self.callers: list[Caller] = []

    async def visible(self, caller: Caller) -> list[ProviderFile]:
        self.callers.append(caller)
        return [
            ProviderFile(RemoteFile(id, f"{id}.jsonl", 1_000, 0.0), f"{id}.jsonl", ANA.user, (), False, True, "acme")
            for id in self.ids
        ]

    async def delete(self, caller: Caller, file_id: str, provider: str) -> None:
        self.ids.remove(file_id)

    async def delete_unused(self, caller: Caller) -> None:
        self.ids.clear()


class Acme:
    """The one provider of every channel."""

    async def offered(self, channel: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="acme")]


@pytest.fixture
def files() -> TwelveFiles:
    return TwelveFiles()


@pytest.fixture
def listeners(slack: Slack, files: TwelveFiles) -> ProviderFileListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    callers = Callers(People(Poster(slack.client), "T0ACME", Roles(admins=[ANA.user])), "T0ACME")
    return ProviderFileListeners(callers, cast(ProviderFiles, files), cast(ChannelProviders, Acme()))


def _buttons(answers: Answers) -> dict[str, str]:
    """The last value of each action_id."""
    found: dict[str, str] = {}
    for block in answers[-1].blocks:
        shown: dict[str, Any] = block.to_dict()
        for element in [*shown.get("elements", ()), shown.get("accessory") or {}]:
            if "action_id" in element:
                found[element["action_id"]] = element["value"]
    return found


async def test_pages_are_turned_in_place(listeners: ProviderFileListeners) -> None:
    answers = Answers()
    await listeners.command(a_request("", answers))
    assert _buttons(answers)[blocks.OLDER] == "2"
    replaced = Answers()
    await listeners.turned(a_request("2", answers, replace_message=replaced.show))
    assert _buttons(replaced) == {blocks.DELETE: "file-11 acme", blocks.NEWER: "1", blocks.DELETE_UNUSED: "all"}
    assert len(answers) == 1


async def test_a_list_that_all_see_is_for_the_eyes_of_all(listeners: ProviderFileListeners, files: TwelveFiles) -> None:
    await listeners.turned(a_request("1", body={"container": {"is_ephemeral": False}}))
    await listeners.turned(a_request("1", body={"container": {"is_ephemeral": True}}))
    assert [caller.answers_in.alone for caller in files.callers] == [False, True]


async def test_after_deleting_what_is_left_is_shown_in_place(listeners: ProviderFileListeners) -> None:
    answers = Answers()
    await listeners.delete(a_request("file-3 acme", answers))
    assert "11 training files at acme" in answers[-1].text
    await listeners.delete_unused(a_request("all", answers))
    assert "no training files" in answers[-1].text
