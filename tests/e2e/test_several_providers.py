"""Two providers at once: jobs go to the one that is chosen, and each is followed and talked to at its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StartError
from sandbox.seed import BEN
from tests.e2e.world import MODEL, World, until
from tests.stand_in_provider import StandInProvider
from texts.errors import sentence

OPEN = "open-model"


@asynccontextmanager
async def two_providers(w: World, channels: str = "") -> AsyncIterator[tuple[Path, StandInProvider]]:
    """The world's own is `acme`, the other `lab`. `channels`: TOML, where only the lab may be used."""
    async with StandInProvider((OPEN, MODEL), first_id=5_000) as lab:
        for name, provider in (("acme", w.provider), ("lab", lab)):
            (w.folder / name).write_text(provider.key)
        file = w.folder / "providers.toml"
        file.write_text(
            f'[providers.acme]\nbase_url = "{w.provider.url}"\nkey_file = "{w.folder / "acme"}"\n'
            f'[providers.lab]\nbase_url = "{lab.url}"\nkey_file = "{w.folder / "lab"}"\n{channels}\n'
            f"pause = false\nmetadata = false\nprices.{OPEN}.training = 2\n"
        )
        yield file, lab


async def test_jobs_go_where_they_are_told_and_all_is_followed_and_talked_to(w: World) -> None:
    async with two_providers(w) as (file, lab), w.bot(finetune_providers=file, finetune_admins=[BEN]):
        report = await w.drop()
        assert f"`{OPEN}` (lab)" in report["plain"], "prices are told with who takes them"

        # By the modal, whose menu has a group for each; the lab has its own price and keeps no metadata.
        await w.person.click("ana", w.channel, report["ts"], "start_job")
        view = await w.person.wait_view("ana")
        groups = _model_menu(view)["option_groups"]
        assert [group["label"]["text"] for group in groups] == ["acme", "lab"]
        await w.person.submit("ana", view["id"], {"model": f"lab|{OPEN}", "suffix": "from-lab"})
        await until(lambda: bool(lab.jobs))
        first = next(iter(lab.jobs))

        # By words: both are named, or the model alone, which the first provider has.
        for words in (f"lab/{MODEL}", MODEL):
            await w.person.command(
                "ana", w.channel, "/finetune", f"start train.jsonl model={words} epochs=2 confirm=yes"
            )
        await until(lambda: len(lab.jobs) == 2 and len(w.provider.jobs) == 1)
        assert [job["model"] for job in lab.jobs.values()] == [OPEN, MODEL]
        theirs = await w.job_at_provider()

        models = {lab: lab.succeed(first), w.provider: w.provider.succeed(theirs)}
        for provider, model in models.items():
            await w.person.command("ana", w.channel, "/finetune", f"chat {model}")
            name = model.split(":")[3]
            chat = await w.person.wait_message(w.channel, payload={"id": "chat/*"}, contains=name)
            await w.person.say("ana", w.channel, "Who are you?", thread_ts=chat["ts"])
            await until(lambda provider=provider: bool(provider.chats))
            assert provider.chats[-1]["model"] == model
        await w.person.command("ana", w.channel, "/finetune", "models")
        listed = await w.person.wait_ephemeral("ana", w.channel, contains="Base models")
        assert all(f"{name} · " in listed["plain"] for name in ("acme", "lab"))

        # A model that both have is talked to at the one that is named.
        await w.person.command("ana", w.channel, "/finetune", f"chat lab/{MODEL}")
        chat = await w.person.wait_message(w.channel, payload={"id": "chat/*"}, contains="(lab)")
        asked = len(lab.chats)
        await w.person.say("ana", w.channel, "Who are you?", thread_ts=chat["ts"])
        await until(lambda: len(lab.chats) > asked)
        assert lab.chats[-1]["model"] == MODEL
        await w.person.command("ana", w.channel, "/finetune", f"chat acme/{OPEN}")
        await w.person.wait_ephemeral("ana", w.channel, contains=f"acme/{OPEN}")

        # What the administrators put first is what a bare model means from then on.
        await w.person.command("ben", w.channel, "/finetune", "provider lab")
        await w.person.wait_message(w.channel, contains="has put *lab* first")
        await w.person.command("ana", w.channel, "/finetune", f"start train.jsonl model={MODEL} epochs=3 confirm=yes")
        await until(lambda: len(lab.jobs) == 3)


async def test_a_provider_kept_to_some_channels_is_refused_in_others(w: World) -> None:
    async with two_providers(w, 'channels = ["C0ELSEWHERE"]') as (file, lab), w.bot(finetune_providers=file) as bot:
        lab.tuned = ["ft:open-model:lab::1"]
        theirs = lab.add_job()
        report = await w.drop()
        assert OPEN not in report["plain"]
        for words in (f"start model=lab/{OPEN} epochs=1", "chat ft:open-model:lab::1", f"follow lab/{theirs}"):
            await w.person.command("ana", w.channel, "/finetune", words)
        await w.settled(bot)
        said = [message["plain"] for message in await w.person.ephemerals("ana")]
        assert sum("lab may be used in some channels only" in one for one in said) == 3, said
        await w.person.command("ana", w.channel, "/finetune", "models")
        listed = await w.person.wait_ephemeral("ana", w.channel, contains="Base models")
        assert "open-model" not in listed["plain"]
        assert lab.chats == []
        assert len(lab.jobs) == 1


async def test_a_broken_file_stops_the_start_with_one_message(w: World) -> None:
    file = w.folder / "providers.toml"
    file.write_text('[providers.lab]\nvendor = "opnai"\napi_key = "sk-hush-0123456789"\n')
    with pytest.raises(StartError) as caught:
        async with w.bot(finetune_providers=file):
            pass
    said = sentence(caught.value)
    assert "providers.toml cannot be used. providers.lab: `api_key` does not belong here" in said
    assert "hush" not in said


def _model_menu(view: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(block["element"] for block in view["blocks"] if block["block_id"] == "model")
    return found
