"""Everything that a provider holds of one's fine-tuning lies in a folder afterwards, and nothing there has changed."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI

from bot.errors import StartError
from bot.providers.interface import Doubtful, RateLimited, Refused
from bot.providers.raw_objects import RawObjects
from bot.rescue import folder as folders
from bot.rescue import patience
from bot.rescue.folder import Missing, RescueFolder, component, opened
from bot.rescue.patience import Patience
from bot.rescue.rescue import Rescue
from tests.organisation import BEGAN, RESULTS, Organisation
from tests.rescuing import Run, objects


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


async def test_all_that_there_is_lies_where_it_belongs(organisation: Organisation, rescue: Run, saved: Path) -> None:
    outcome = await rescue()
    assert (outcome.jobs, outcome.files, outcome.results, outcome.models) == (4, 2, 3, 4)
    assert outcome.missing == []
    first, *_, last = organisation.jobs
    assert read(saved / "jobs" / first / "job.json") == organisation.jobs[first]
    assert read(saved / "jobs" / last / "job.json")["status"] == "running"
    assert read(saved / "jobs" / first / "events.json") == organisation.events[first]
    assert read(saved / "jobs" / first / "checkpoints.json")[0]["metrics"]["train_loss"] == 0.3
    assert (saved / "files" / "file-0001" / "questions 1.jsonl").read_bytes() == organisation.files["file-0001"][1]
    assert read(saved / "files" / "file-0001.json")["filename"] == "questions 1.jsonl"
    assert (saved / "results" / "file-results-0000.csv").read_bytes() == RESULTS
    assert (saved / "results" / "file-results-0000.base64").read_bytes() == organisation.files["file-results-0000"][1]
    assert organisation.tuned[0] in [model["id"] for model in read(saved / "models.json")]


async def test_it_only_reads_and_writes_no_key(organisation: Organisation, rescue: Run, saved: Path) -> None:
    await rescue()
    assert {request.split()[0] for request in organisation.requests} == {"GET"}
    everything = [*objects(saved).values(), (saved / "manifest.json").read_bytes()]
    assert not [one for one in everything if organisation.key.encode() in one]


async def test_what_is_begun_is_ended_soon_and_how_far_it_is_is_told(organisation: Organisation, saved: Path) -> None:
    source = RawObjects(AsyncOpenAI(api_key=organisation.key, base_url=organisation.url))
    told: list[tuple[int, int]] = []
    with opened(saved, organisation.url) as folder:
        await Rescue(source, folder, Patience(1), lambda *progress: told.append(progress)).run()
    await source.close()
    assert told == [(done, 9) for done in range(10)]
    about_jobs = [request.split("/")[3] for request in organisation.requests if "/jobs/" in request]
    assert about_jobs == [job for job in reversed(organisation.jobs) for _ in ("events", "checkpoints")]


async def test_the_manifest_says_what_is_saved_with_its_hash(
    organisation: Organisation, rescue: Run, saved: Path
) -> None:
    await rescue()
    manifest = read(saved / "manifest.json")
    found = {name: folders.sha256_of(content) for name, content in objects(saved).items()}
    assert {name: entry["sha256"] for name, entry in manifest["saved"].items()} == found
    assert (manifest["provider"], manifest["missing"]) == (f"{organisation.url}/", [])
    assert manifest["ended_at"].endswith("Z")


async def test_long_listings_are_read_to_their_end_whichever_end_they_begin_at(rescue: Run, tmp_path: Path) -> None:
    found = []
    for newest_first in (True, False):
        async with Organisation(page=3, newest_first=newest_first) as organisation:
            organisation.add_history(7, files=4, steps=4)
            outcome = await rescue(tmp_path / str(newest_first), of=organisation)
            assert (outcome.jobs, outcome.files, outcome.results) == (7, 4, 6)
            found.append(objects(tmp_path / str(newest_first)))
    assert found[0] == found[1]


async def test_a_second_time_only_what_may_be_new_is_asked_for(organisation: Organisation, rescue: Run) -> None:
    await rescue()
    organisation.requests.clear()
    running = list(organisation.jobs)[-1]
    outcome = await rescue()
    of_running = [f"GET /fine_tuning/jobs/{running}/{kind}" for kind in ("checkpoints", "events")]
    assert sorted(organisation.requests) == ["GET /files", "GET /fine_tuning/jobs", *of_running, "GET /models"]
    assert (outcome.written, outcome.jobs, outcome.files, outcome.results) == (0, 4, 2, 3)


async def test_what_has_happened_since_is_fetched(organisation: Organisation, rescue: Run, saved: Path) -> None:
    await rescue()
    running = list(organisation.jobs)[-1]
    model = organisation.succeed(running)
    organisation.jobs[running]["finished_at"] = BEGAN + 9 * 3600
    organisation.files["file-new"] = ("new.jsonl", b"{}")
    gone = organisation.tuned.pop(0)
    await rescue()
    assert read(saved / "jobs" / running / "job.json")["fine_tuned_model"] == model
    assert read(saved / "jobs" / running / "events.json") == organisation.events[running]
    assert (saved / "files" / "file-new" / "new.jsonl").read_bytes() == b"{}"
    assert {gone, model} <= {one["id"] for one in read(saved / "models.json")}


async def test_a_copy_that_is_damaged_is_fetched_again(organisation: Organisation, rescue: Run, saved: Path) -> None:
    await rescue()
    whole = objects(saved)
    (saved / "files" / "file-0001" / "questions 1.jsonl").write_bytes(b"x")
    (saved / "results" / "file-results-0001.csv").unlink()
    (saved / "jobs" / next(iter(organisation.jobs)) / "job.json").write_bytes(b"{}")
    outcome = await rescue()
    assert objects(saved) == whole
    assert outcome.written == 3


async def test_what_was_deleted_there_is_noted_and_the_rest_saved(
    organisation: Organisation, rescue: Run, saved: Path
) -> None:
    del organisation.files["file-0000"], organisation.files["file-results-0001"]
    outcome = await rescue()
    assert [(one.kind, one.id, one.is_gone) for one in outcome.missing] == [
        ("file", "file-0000", True),
        ("results", "file-results-0001", True),
    ]
    assert read(saved / "manifest.json")["missing"][0]["why"] == "No such File object: file-0000"
    assert (outcome.jobs, outcome.files, outcome.results) == (4, 1, 2)


async def test_what_is_deleted_there_after_it_was_saved_is_still_here(
    organisation: Organisation, rescue: Run, saved: Path
) -> None:
    await rescue()
    whole = objects(saved)
    organisation.files.clear()
    outcome = await rescue()
    assert outcome.missing == []
    assert objects(saved) == whole


async def test_trouble_with_one_object_is_noted_and_the_next_run_has_it(
    organisation: Organisation, rescue: Run, saved: Path
) -> None:
    first = next(iter(organisation.jobs))
    route = f"GET /fine_tuning/jobs/{first}/events"
    organisation.fault(route, 6, status=500, message="The server had an error.")
    outcome = await rescue()
    assert outcome.missing == [Missing("events", first, "The server had an error.", 500)]
    assert (await rescue()).missing == []
    assert read(saved / "jobs" / first / "events.json") == organisation.events[first]


async def test_nobody_asks_while_the_provider_wants_patience(organisation: Organisation, rescue: Run) -> None:
    route = "GET /files/file-0001/content"
    for headers in ({}, {"Retry-After": "20"}):
        organisation.fault(route, 3, status=429, code="slow_down", message="Slow down.", headers=headers)
    outcome = await rescue()
    assert outcome.missing == []
    assert organisation.requests.count(route) == 7


async def test_it_gives_up_where_no_patience_helps(
    organisation: Organisation, rescue: Run, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_MOST_WAITS", 3)
    organisation.fault("*", 100, status=429, code="slow_down", message="Slow down.", headers={"Retry-After": "1"})
    with pytest.raises(RateLimited):
        await rescue()
    organisation.clear_faults()
    await rescue()
    assert read(saved / "manifest.json")["ended_at"]


async def test_a_server_that_only_fails_is_left_alone_after_a_while(
    organisation: Organisation, rescue: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_MOST_TRIES", 1)
    monkeypatch.setattr("bot.rescue.rescue._MOST_IN_VAIN", 3)
    for job in organisation.jobs:
        organisation.fault(f"GET /fine_tuning/jobs/{job}/events", status=500, message="The server had an error.")
        organisation.fault(f"GET /fine_tuning/jobs/{job}/checkpoints", status=500, message="The server had an error.")
    with pytest.raises(Doubtful):
        await rescue(parallel=1)
    assert len(organisation.requests) == 3 + 3


async def test_a_key_that_is_not_taken_ends_it(organisation: Organisation, rescue: Run) -> None:
    organisation.fault("*", 100, status=401, code="invalid_api_key", message="Incorrect API key provided.")
    with pytest.raises(Refused) as refused:
        await rescue()
    assert refused.value.status == 401
    assert len(organisation.requests) <= 3


async def test_no_more_requests_at_a_time_than_it_may(organisation: Organisation, rescue: Run) -> None:
    organisation.takes = 0.01
    await rescue(parallel=2)
    assert organisation.most_at_once == 2


async def test_a_full_disk_is_said_and_leaves_nothing_half(
    organisation: Organisation, rescue: Run, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folders._put
    room = 8

    def put(*arguments: Any) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*arguments)

    monkeypatch.setattr(folders, "_put", put)
    with pytest.raises(StartError) as full:
        await rescue()
    assert full.value.kind == "folder_not_written"
    assert full.value.values["why"] == "No space left on device"
    monkeypatch.undo()
    manifest = read(saved / "manifest.json")
    assert not [name for name in manifest["saved"] if not (saved / name).exists()]
    assert (await rescue()).jobs == 4
    assert not (saved / ".parts").exists()


async def test_a_folder_with_other_things_in_it_is_left_alone(rescue: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StartError) as refused:
        await rescue(tmp_path)
    assert refused.value.kind == "rescue_folder_of_others"
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_is_of_one_provider_and_one_rescue_at_a_time(saved: Path) -> None:
    with (
        opened(saved, "https://one.example/v1"),
        pytest.raises(StartError) as busy,
        opened(saved, "https://one.example/v1"),
    ):
        pass
    assert busy.value.kind == "rescue_folder_in_use"
    with pytest.raises(StartError) as other, opened(saved, "https://two.example/v1"):
        pass
    assert other.value.values["there"] == "https://one.example/v1"


@pytest.mark.parametrize(
    "word", ["../../etc/passwd", "..", ".", "", "a/b", "C:\\x", "con\x00tract", "x" * 400 + ".jsonl", "名" * 200, "a. "]
)
def test_no_name_of_the_provider_leads_out_of_the_folder(word: str, tmp_path: Path) -> None:
    name = component(word)
    (tmp_path / name).write_bytes(b"")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert component("问题 1.jsonl") == "问题 1.jsonl"


def test_different_long_names_stay_different() -> None:
    assert component("x" * 400 + "a.jsonl") != component("x" * 400 + "b.jsonl")
    assert component("x" * 400 + "a.jsonl").endswith(".jsonl")


async def test_an_object_that_breaks_off_is_not_there(saved: Path) -> None:
    async def broken() -> Any:
        yield b"half"
        raise Doubtful("connection_broke")

    with opened(saved, "https://one.example/v1") as folder:
        assert isinstance(folder, RescueFolder)
        with pytest.raises(Doubtful):
            await folder.receive("files/file-1/a.jsonl", broken())
    assert objects(saved) == {}
