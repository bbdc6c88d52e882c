"""Asking for a model as a file: who may, of whom, and what comes of what the provider says."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from bot.access import Actor, Caller, Policy
from bot.authority import Authority
from bot.errors import Conflict, Denied, Invalid, NotFound
from bot.exports.export import Export, ExportState
from bot.exports.exports import ModelExports
from bot.jobs.job import Origin
from bot.models.catalogue import Catalogue
from bot.models.lookup import ModelLookup
from bot.providers.interface import RemoteExport
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.registry import Providers
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.evaluations import SqlEvaluationStore
from bot.store.exports import SqlExportStore
from bot.store.jobs import SqlJobStore
from handlers.exports.blocks import export_message
from handlers.exports.listeners import ExportListeners
from handlers.web.poster import Poster
from tests.parts import a_job
from tests.scripted_slack import Slack, error
from tests.slack_requests import ENGLISH, Answers, a_caller, a_request
from tests.stand_in_provider import StandInProvider

MODEL = "ft:gpt-4.1-mini-2025-04-14:acme:support:abc12345"
HERE = "C0TRAINING"
BEN = Actor("U0BEN", "T0ACME")


@pytest.fixture
async def exports(
    database: Database, jobs: SqlJobStore, provider: OpenAIProtocol, stand_in: StandInProvider
) -> ModelExports:
    """With a model of Ana's."""
    stand_in.tuned.append(MODEL)
    made = a_job(state="succeeded", fine_tuned_model=MODEL, origin=Origin("T0ACME", HERE, False))
    await jobs.insert(msgspec.structs.replace(made, provider=provider.name))
    providers, authority = Providers(provider), Authority(Policy(), SqlAuditLog(database))
    catalogue = Catalogue(providers, jobs)
    return ModelExports(
        SqlExportStore(database),
        catalogue,
        ModelLookup(catalogue, SqlEvaluationStore(database), authority),
        providers,
        authority,
    )


async def test_a_request_that_is_worked_on_again_is_one_export(
    exports: ModelExports, stand_in: StandInProvider, database: Database
) -> None:
    first, again = [await exports.start(a_caller(), "support", "gguf", "q8_0", thread_ts=None) for _ in range(2)]
    assert first == again
    assert await SqlExportStore(database).open() == [first.id]
    assert [(one["format"], one["quantization"]) for one in stand_in.exports.values()] == [("gguf", "q8_0")]


async def test_only_its_owner_takes_a_model_away(exports: ModelExports, stand_in: StandInProvider) -> None:
    with pytest.raises(Denied):
        await exports.start(a_caller(BEN), "support", "adapter", None, thread_ts=None)
    assert not stand_in.exports


async def test_only_gguf_takes_a_quantization(exports: ModelExports) -> None:
    with pytest.raises(Invalid, match="only_gguf_is_quantized"):
        await exports.start(a_caller(), "support", "adapter", "q8_0", thread_ts=None)


async def test_what_is_no_model_or_no_format_is_said(exports: ModelExports) -> None:
    for word in ("nobody", "gpt-4.1-mini-2025-04-14"):
        with pytest.raises(NotFound):
            await exports.start(a_caller(), word, "adapter", None, thread_ts=None)
    with pytest.raises(Invalid):
        await exports.start(a_caller(), "support", "onnx", None, thread_ts=None)


async def test_a_provider_without_such_a_call_hands_no_models_out(
    exports: ModelExports, stand_in: StandInProvider
) -> None:
    stand_in.fault("POST /x/exports", status=404)
    with pytest.raises(Conflict) as caught:
        await exports.start(a_caller(), "support", "adapter", None, thread_ts=None)
    assert caught.value.kind == "export_not_offered"


async def test_an_export_ends_as_the_provider_says_and_is_put_into_slack_where_it_is_small(
    exports: ModelExports, stand_in: StandInProvider
) -> None:
    export = await exports.start(a_caller(), "support", "gguf", "q8_0", thread_ts=None)
    assert (await exports.refreshed(export)).state is ExportState.RUNNING
    stand_in.end_export()
    ended = await exports.refreshed(export)
    assert (ended.state, ended.remote.tried) == (ExportState.SUCCEEDED, ("What can you do?", "I can <help>."))
    _, content = await exports.content(a_caller(), export.id)
    assert content.startswith(b"GGUF")
    with pytest.raises(Denied):
        await exports.content(a_caller(BEN), export.id)


async def test_a_large_export_is_not_put_into_slack(exports: ModelExports, stand_in: StandInProvider) -> None:
    export = await exports.start(a_caller(), "support", "gguf", "q8_0", thread_ts=None)
    stand_in.end_export(bytes=1_000_000_000)
    await exports.refreshed(export)
    with pytest.raises(Conflict):
        await exports.content(a_caller(), export.id)


async def test_names_of_a_provider_mean_nothing_to_a_shell(exports: ModelExports, stand_in: StandInProvider) -> None:
    export = await exports.start(a_caller(), "support", "gguf", "q8_0", thread_ts=None)
    stand_in.end_export(filename='"; rm -rf "$HOME/`id`.gguf')
    shown = str([block.to_dict() for block in export_message(await exports.refreshed(export)).blocks])
    assert "rm -rf" not in shown
    assert "$HOME" not in shown


async def test_an_export_that_the_provider_has_no_more_has_failed(
    exports: ModelExports, stand_in: StandInProvider
) -> None:
    export = await exports.start(a_caller(), "support", "gguf", None, thread_ts=None)
    stand_in.fault(f"GET /x/exports/{export.remote.id}", status=404)
    assert (await exports.refreshed(export)).state is ExportState.FAILED


async def test_a_press_says_as_what_and_asks_for_it(exports: ModelExports, stand_in: StandInProvider) -> None:
    answers, looked = Answers(), []

    async def look() -> None:
        looked.append(True)

    people = SimpleNamespace(of=lambda request: anas())
    keeper = SimpleNamespace(look=look)
    listeners = ExportListeners(cast(Any, people), exports, cast(Any, keeper), ENGLISH, cast(Any, None))
    await listeners.choose(a_request(MODEL, answers))
    pressed = dict(answers.buttons)
    assert pressed == {"export_as": f"gguf:q4_k_m {MODEL}"}
    await listeners.chosen(a_request(f"gguf:q8_0 {MODEL}"))
    assert [one["quantization"] for one in stand_in.exports.values()] == ["q8_0"]
    await listeners.command(a_request("support as=merged"))
    assert [one["format"] for one in stand_in.exports.values()] == ["gguf", "merged"]
    assert len(looked) == 2
    with pytest.raises(Invalid):
        await listeners.command(a_request("as=gguf"))


async def anas() -> Caller:
    return a_caller()


@pytest.mark.parametrize("readable", [True, False])
async def test_a_file_that_is_put_here_again_after_a_crash_is_looked_for_by_the_clock_of_slack(readable: bool) -> None:
    remote = RemoteExport("export-1", "succeeded", "adapter", file_name="support.zip", bytes=3)
    export = Export("export-1", "trainer", MODEL, remote, "U0ANA", "T0ACME", HERE, None, False, 1.0)

    class Uses:
        async def of(self, _: Any) -> Caller:
            return a_caller()

        async def content(self, *_: Any) -> tuple[Export, bytes]:
            return export, b"zip"

    async with Slack() as slack:
        there = {"ok": True, "messages": [{"ts": "1699999990.0", "files": [{"name": "support.zip"}]}]}
        slack.replies["conversations.replies"] = [there if readable else error("missing_scope")]
        place = {"ok": True, "upload_url": slack.url + "upload", "file_id": "F0"}
        slack.replies["files.getUploadURLExternal"] = [place]
        slack.replies["upload"] = [{"ok": True}]
        slack.replies["files.completeUploadExternal"] = [{"ok": True, "files": [{"id": "F0"}]}]
        uses = cast(Any, Uses())
        listeners = ExportListeners(uses, uses, cast(Any, None), ENGLISH, Poster(slack.client))
        request = a_request("export-1", thread_ts="9.0", is_retry=True)
        await listeners.upload(request)
        (asked,) = slack.called("conversations.replies")
        assert float(asked["oldest"]) < request.received_at - 30
        assert len(slack.called("files.completeUploadExternal")) == (0 if readable else 1)
