"""Training files as people drop them, and the buttons of their reports."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from bot.access import Caller
from bot.datasets.checking import DatasetCheck
from bot.datasets.dataset import Dataset
from bot.datasets.deletion import DatasetDeletion
from bot.datasets.derived import DerivedDatasets, NewFile
from bot.datasets.file_store import FileStore
from bot.datasets.findings_file import FindingsFile
from bot.datasets.intake import DatasetIntake, DroppedFile
from bot.datasets.samples import DatasetSamples
from bot.datasets.splitting import DatasetSplitting, PlannedSplit, SplitFiles
from bot.errors import Denied, Invalid, NotFound
from bot.evaluations.grader_files import GraderFiles
from bot.store.datasets import SqlDatasetStore
from handlers.callers import Callers
from handlers.datasets.blocks import split_modal
from handlers.datasets.derived_files import DerivedFiles
from handlers.datasets.listeners import DatasetListeners, wrong_split
from handlers.datasets.reports import ReportMessages
from handlers.languages import english
from handlers.modals import Modals
from handlers.web.download import Download
from handlers.web.people import People, Roles
from tests.scripted_slack import Slack, error
from tests.slack_requests import ANA, Answers, a_request
from texts.language import Language
from training_files import Report, TrainingFileError
from training_files.report import Finding, Tokens
from training_files.sample import Sampled
from training_files.split import Split

Drop = Callable[..., Dataset]
NO_TOKENS = Tokens(0, 0, 0, 0, 0, True, "o200k_base")


def a_report(**fields: Any) -> Report:
    return Report(
        **{
            "ok": True,
            "format": "chat",
            "examples": 12,
            "errors": [],
            "warnings": [],
            "counts": {},
            "tokens": NO_TOKENS,
            "epochs": 8,
            "cost": {},
            "model": "gpt-4.1-mini",
            "bytes": 3,
            "sha256": "abc",
            **fields,
        }
    )


class Datasets:
    """The use cases: what they know is in `store`; what was asked of them is in `asked`."""

    def __init__(self, store: SqlDatasetStore) -> None:
        self.store = store
        self.asked: list[tuple[str, object]] = []
        self.pairs: list[tuple[Dataset, Dataset]] = []
        self.read_errors: dict[str, Exception] = {}
        self.reports: dict[str, Report] = {}
        self.before: Dataset | None = None

    # Taking in

    async def begin(self, caller: Caller, file: DroppedFile) -> Dataset:
        if caller.actor.guest:
            raise Denied("guest")
        self.asked.append(("begin", file))
        dataset = Dataset(
            f"ds-{file.id}", "", file.name, 0, caller.user, "T0ACME", caller.channel, False, file.thread_ts, caller.at
        )
        await self.store.save(dataset)
        return dataset

    async def read(
        self, dataset: Dataset, size: int, chunks: AsyncIterator[bytes], on_partial: object
    ) -> Dataset | None:
        self.asked.append(("read", b"".join([chunk async for chunk in chunks])))
        if dataset.name in self.read_errors:
            raise self.read_errors[dataset.name]
        return await self._reported(dataset)

    async def check(self, *asked: Any, **_: object) -> Any:
        """Of files: whether somebody may; of a data set: what is in it."""
        what = asked[-1]
        self.asked.append(("check", getattr(what, "id", what)))
        if isinstance(what, Dataset):
            return await self._reported(what)
        known = await self.store.get(what)
        if known is None:
            raise NotFound("unknown_dataset")
        return known

    async def pair(self, caller: Caller) -> list[tuple[Dataset, Dataset]]:
        return self.pairs

    async def _reported(self, dataset: Dataset) -> Dataset | None:
        found = self.reports.get(dataset.name, a_report())
        return await self.store.update(dataset.id, lambda known: msgspec.structs.replace(known, report=found))

    # Looking into, and making others

    async def draw(self, dataset: Dataset) -> list[Sampled]:
        if dataset.name == "gone.jsonl":
            raise NotFound("copy_gone", file=dataset.name)
        return [Sampled(4, "chat", (("user", "Why?"), ("assistant", "Because.")))]

    def plan(self, caller: Caller, dataset_id: str, share: float, seed: int) -> "Datasets":
        self.asked.append(("plan", (dataset_id, share, seed)))
        return self

    async def __aenter__(self) -> PlannedSplit:
        source = await self.store.get("ds-1")
        assert source is not None
        training = NewFile("ds-t", "train-training.jsonl", self.before)
        return PlannedSplit(source, 0.2, 7, training, NewFile("ds-v", "train-validation.jsonl"))

    async def __aexit__(self, *_: object) -> None:
        pass

    async def split(self, caller: Caller, planned: PlannedSplit) -> SplitFiles:
        made = []
        for new in (planned.training, planned.validation):
            fields = {"id": new.id, "name": new.name, "sha256": new.id, "derived_from": "ds-1"}
            made.append(msgspec.structs.replace(planned.source, report=None, file_id=None, **fields))
            await self.store.save(made[-1])
        return SplitFiles(made[0], made[1], Split(80, 20, None))

    async def forget(self, file_id: str) -> None:
        """Of a grader."""

    async def of_file(self, file_id: str) -> list[Dataset]:
        return await self.store.by_file(file_id)


class Downloads:
    """Slack's file host, which has every file."""

    async def details(self, file: dict[str, Any]) -> dict[str, Any]:
        return {"name": "train.jsonl", "size": 2, **file}

    async def chunks(self, file: dict[str, Any]) -> AsyncIterator[bytes]:
        yield f"content of {file['name']}".encode()


@pytest.fixture
def use_cases(datasets: SqlDatasetStore) -> Datasets:
    return Datasets(datasets)


@pytest.fixture
def listeners(
    slack: Slack,
    use_cases: Datasets,
    datasets: SqlDatasetStore,
    report_messages: ReportMessages,
    tmp_path: Path,
) -> DatasetListeners:
    slack.replies["users.info"] = [{"ok": True, "user": {"id": ANA.user, "team_id": "T0ACME"}}]
    slack.replies["conversations.info"] = [{"ok": True, "channel": {"is_member": True}}]
    slack.replies["views.open"] = [{"ok": True, "view": {"id": "V1"}}]
    slack.replies["views.update"] = [{"ok": True, "view": {"id": "V1"}}]
    slack.replies["files.getUploadURLExternal"] = [
        {"ok": True, "file_id": f"F-{n}", "upload_url": f"{slack.url}upload"} for n in range(5)
    ]
    slack.replies["files.info"] = [{"ok": True, "file": {"permalink": "https://a.b/f", "shares": {"public": {}}}}]
    poster = report_messages.poster
    people = People(poster, "T0ACME", Roles())
    file_store = FileStore(tmp_path / "files", 1_000_000)
    for content in ("ds-t", "ds-v"):
        file_store.path(content).write_bytes(b"{}\n")
    checking = cast(DatasetCheck, use_cases)
    return DatasetListeners(
        callers=Callers(people, "T0ACME"),
        intake=cast(DatasetIntake, use_cases),
        checking=checking,
        splitting=cast(DatasetSplitting, use_cases),
        samples=cast(DatasetSamples, use_cases),
        findings=FindingsFile(datasets, cast(Any, _Lookup(datasets))),
        deletion=cast(DatasetDeletion, use_cases),
        graders=cast(GraderFiles, use_cases),
        reports=report_messages,
        derived=DerivedFiles(DerivedDatasets(datasets), checking, file_store, report_messages, poster, english),
        download=cast(Download, Downloads()),
        modals=Modals(poster),
        people=people,
        poster=poster,
        language=english,
    )


class _Lookup:
    """Everybody may know of everything."""

    def __init__(self, store: SqlDatasetStore) -> None:
        self._store = store

    async def get(self, caller: Caller, dataset_id: str, action: object) -> Dataset:
        known = await self._store.get(dataset_id)
        assert known is not None
        return known


def with_files(*names: str, **fields: Any) -> Any:
    """A message with files of these names; "" for a stub."""
    files = [{"id": f"F{n}", **({"name": name} if name else {})} for n, name in enumerate(names)]
    return a_request(key="message/1", thread_ts="1.0", body={"event": {"files": files}}, **fields)


def shown(slack: Slack) -> list[str]:
    """The messages of the bot in channels, as they came to stand there."""
    return [each["text"] for name, each in slack.calls if name in ("chat.postMessage", "chat.update")]


# Dropped files


async def test_each_file_of_a_message_gets_a_report_in_its_thread(
    listeners: DatasetListeners, slack: Slack, use_cases: Datasets, second_pass: list[str]
) -> None:
    assert await listeners.files_dropped(with_files("a.jsonl", "cat.png", "b.csv"))
    assert [what for what, _ in use_cases.asked] == ["begin", "read", "begin", "read"]
    assert use_cases.asked[0] == ("begin", DroppedFile("F0", "a.jsonl", 0, "1.0", private=False))
    assert use_cases.asked[1] == ("read", b"content of a.jsonl")
    assert [text.partition("`")[0] for text in shown(slack)] == ["Reading ", "*"] * 2
    assert {each.get("thread_ts") for each in slack.called("chat.postMessage")} == {"1.0"}
    assert second_pass == ["ds-F0", "ds-F2"]
    assert [each["name"] for each in slack.called("reactions.add")] == ["white_check_mark"]


async def test_a_message_without_training_data_is_none_of_the_bots_business(
    listeners: DatasetListeners, slack: Slack
) -> None:
    assert not await listeners.files_dropped(with_files("cat.png"))
    assert slack.calls == []


async def test_a_stub_is_a_file_once_slack_tells_its_name(listeners: DatasetListeners, use_cases: Datasets) -> None:
    assert await listeners.files_dropped(with_files(""))
    assert use_cases.asked[0] == ("begin", DroppedFile("F0", "train.jsonl", 2, "1.0", private=False))


async def test_files_that_belong_together_are_shown_so(
    listeners: DatasetListeners, slack: Slack, use_cases: Datasets, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    training = dropped("ds-F0", name="a.jsonl", report=a_report(), validation="ds-F1")
    use_cases.pairs = [(training, dropped("ds-F1", name="b.jsonl", report=a_report()))]
    await listeners.files_dropped(with_files("a.jsonl", "b.jsonl"))
    assert [text.split("`")[1] for text in shown(slack)[-2:]] == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(TrainingFileError("file_removed"), "was removed before I could"), (RuntimeError("x"), "went wrong on my side")],
)
async def test_what_is_wrong_with_a_file_is_said_where_its_report_would_be(
    listeners: DatasetListeners, slack: Slack, use_cases: Datasets, trouble: Exception, said: str
) -> None:
    use_cases.read_errors["a.jsonl"] = trouble
    await listeners.files_dropped(with_files("a.jsonl"))
    assert shown(slack)[-1].startswith("I could not read `a.jsonl`.")
    assert said in shown(slack)[-1]
    assert [each["name"] for each in slack.called("reactions.add")] == ["x"]


async def test_who_may_not_is_told_before_anything_is_posted(listeners: DatasetListeners, slack: Slack) -> None:
    guest = {"id": ANA.user, "team_id": "T0ACME", "is_restricted": True}
    slack.replies["users.info"] = [{"ok": True, "user": guest}]
    with pytest.raises(Denied):
        await listeners.files_dropped(with_files("a.jsonl"))
    assert shown(slack) == []


async def test_work_that_a_crash_cut_off_grows_the_message_that_is_there(
    listeners: DatasetListeners, slack: Slack
) -> None:
    await listeners.files_dropped(with_files("a.jsonl"))
    await listeners.files_dropped(with_files("a.jsonl", is_retry=True))
    assert len(slack.called("chat.postMessage")) == 1
    assert len(slack.called("chat.update")) == 2


async def test_a_picture_that_slack_does_not_have_any_more_costs_the_report_nothing_else(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    dataset = dropped(report=a_report(), lengths_file="F9")
    await datasets.save(dataset)
    await datasets.set_report_ts(dataset.id, "2.0")
    slack.replies["chat.update"] = [error("invalid_blocks"), {"ok": True, "ts": "2.0"}]
    await listeners.reports.show(dataset)
    first, second = ([block["type"] for block in each["blocks"]] for each in slack.called("chat.update"))
    assert set(first) - set(second) == {"image"}


async def test_a_report_is_in_the_language_of_its_channel(
    listeners: DatasetListeners, slack: Slack, report_messages: ReportMessages
) -> None:
    async def chinese(channel: str, person: str) -> Language:
        assert (channel, person) == ("C0TRAINING", ANA.user)
        return Language.CHINESE

    await replace(listeners, reports=replace(report_messages, language=chinese)).files_dropped(with_files("a.jsonl"))
    begun, report = shown(slack)
    assert begun == "正在读取 `a.jsonl`……"
    assert report == "*`a.jsonl` 可以用于训练：* 12 个样本，格式：对话，没有需要改正的地方。"


async def test_the_owner_of_a_file_that_was_deleted_in_slack_is_asked_about_our_copy(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(file_id="F1", report=a_report()))
    await listeners.file_deleted(a_request(body={"event": {"file_id": "F1"}}))
    (question,) = slack.called("chat.postMessage")
    assert question["channel"] == ANA.user
    assert "`train.jsonl` was deleted in Slack" in question["text"]


# Findings


async def test_all_findings_come_into_the_thread_once(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    findings = [Finding("invalid_json", line, message="No JSON.") for line in (3, 4)]
    await datasets.save(dropped(report=a_report(ok=False, errors=findings, counts={"invalid_json": 2})))
    answers = Answers()
    await asyncio.gather(*(listeners.all_findings(a_request("ds-1", answers)) for _ in range(2)))
    (shared,) = slack.called("files.completeUploadExternal")
    assert (shared["channel_id"], shared["thread_ts"]) == ("C0TRAINING", "1.0")
    assert "All 2 findings in `train.jsonl`." in shared["initial_comment"]
    assert "<https://a.b/f|this file>" in answers.text
    assert len(answers) == 1


# A sample


async def test_a_sample_fills_the_modal_that_opened_at_once(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped())
    await listeners.sample(a_request("ds-1"))
    assert "Looking at `train.jsonl`" in str(slack.called("views.open")[0]["view"])
    (filled,) = slack.called("views.update")
    assert filled["view_id"] == "V1"
    assert "> Because." in str(filled["view"])
    await listeners.another_sample(a_request("ds-1", body={"view": {"id": "V7"}}))
    assert slack.called("views.update")[1]["view_id"] == "V7"


async def test_a_sample_that_cannot_be_drawn_says_why_in_its_modal(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(name="gone.jsonl"))
    await listeners.sample(a_request("ds-1"))
    assert "My copy of gone.jsonl is gone" in str(slack.called("views.update")[0]["view"])


async def test_where_no_modal_can_be_opened_that_is_said(
    listeners: DatasetListeners, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(report=a_report()))
    for pressed in (listeners.sample, listeners.split):
        with pytest.raises(Invalid, match="no_modal_here"):
            await pressed(a_request("ds-1", trigger_id=None))


# Splitting


def sent_off(share: str = "20", seed: str = "7", **fields: Any) -> Any:
    values = {"share": {"share": {"value": share}}, "seed": {"seed": {"value": seed}}}
    metadata = msgspec.json.encode(split_modal.Place("C0TRAINING", "ds-1")).decode()
    view = {"id": "V1", "private_metadata": metadata, "state": {"values": values}}
    return a_request(body={"view": view}, **fields)


async def test_the_modal_of_split_carries_what_it_is_about(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(report=a_report()))
    await listeners.split(a_request("ds-1"))
    (opened,) = slack.called("views.open")
    place = msgspec.json.decode(opened["view"]["private_metadata"], type=split_modal.Place)
    assert (place.channel, place.dataset) == ("C0TRAINING", "ds-1")
    assert opened["view"]["callback_id"] == split_modal.CALLBACK_ID


def test_a_field_of_split_that_is_wrong_is_named() -> None:
    values = sent_off("31", "-1").body["view"]["state"]["values"]
    assert wrong_split(values) == {
        "share": "A whole number from 5 to 30.",
        "seed": "A whole number from 0 to 2,147,483,647.",
    }
    assert wrong_split(sent_off().body["view"]["state"]["values"]) == {}


async def test_splitting_brings_both_files_in_one_message_and_a_report_on_the_one_to_train_on(
    listeners: DatasetListeners, slack: Slack, use_cases: Datasets, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(report=a_report()))
    await listeners.split_submitted(sent_off())
    assert ("plan", ("ds-1", 0.2, 7)) in use_cases.asked
    (shared,) = slack.called("files.completeUploadExternal")
    titles = [each["title"] for each in msgspec.json.decode(shared["files"])]
    assert titles == ["train-training.jsonl", "train-validation.jsonl"]
    assert f"<@{ANA.user}> had `train.jsonl` split: 80 examples to train on" in shared["initial_comment"]
    assert [text.split("`")[1] for text in shown(slack)] == ["train-training.jsonl"] * 2
    for made in ("ds-t", "ds-v"):
        known = await datasets.get(made)
        assert known is not None
        assert known.report is not None
        assert known.file_id is not None


@pytest.mark.parametrize("again", [False, True])
async def test_a_split_that_was_made_before_is_pointed_to(
    listeners: DatasetListeners,
    slack: Slack,
    use_cases: Datasets,
    datasets: SqlDatasetStore,
    dropped: Drop,
    again: bool,
) -> None:
    await datasets.save(dropped(report=a_report()))
    use_cases.before = dropped("ds-t", name="train-training.jsonl", file_id="F3")
    answers = Answers()
    await listeners.split_submitted(sent_off(answers=answers, is_retry=again))
    assert slack.called("files.completeUploadExternal") == []
    assert ("<https://a.b/f|`train-training.jsonl`>" in answers.text) is not again


async def test_a_split_whose_files_are_gone_from_slack_is_shown_anew(
    listeners: DatasetListeners, slack: Slack, use_cases: Datasets, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    await datasets.save(dropped(report=a_report()))
    use_cases.before = dropped("ds-t", file_id="F3")
    slack.replies["files.info"].insert(0, error("file_not_found"))
    await listeners.split_submitted(sent_off())
    assert len(slack.called("files.completeUploadExternal")) == 1


async def test_after_a_crash_files_that_stand_in_the_thread_are_not_shown_again(
    listeners: DatasetListeners, slack: Slack, datasets: SqlDatasetStore, dropped: Drop
) -> None:
    source = dropped(report=a_report())
    made = [dropped("ds-t", file_id="F3"), dropped("ds-v", file_id="F4")]
    assert await listeners.derived.share(sent_off(is_retry=True), source, made, lambda: "") == made
    assert slack.called("files.completeUploadExternal") == []
