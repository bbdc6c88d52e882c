"""`finetune-bot rescue` as a person at a terminal, and a script, sees it."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.rescue import BROKEN_OFF, COMPLETE, INCOMPLETE, rescue_command
from app.rescued_jobs import take_in_command
from bot.errors import StartError
from bot.rescue import patience
from tests.organisation import Organisation
from texts.language import Language, speaking


@pytest.fixture
async def organisation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Organisation]:
    """The one whose key the environment holds."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "SSL_CERT_FILE", str(Path(__file__).parents[1] / "e2e" / "authority.pem")
    )  # nobody is asked over TLS
    async with Organisation() as organisation:
        organisation.add_history(3, files=2)
        monkeypatch.setenv("OPENAI_API_KEY", organisation.key)
        monkeypatch.setenv("OPENAI_BASE_URL", organisation.url)
        yield organisation


async def rescue(*, as_json: bool = False, provider: str | None = None) -> int:
    return await asyncio.to_thread(rescue_command, Path("saved"), 8, as_json, provider=provider, pace=0.01)


async def test_it_says_what_it_has_saved(organisation: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    assert await rescue() == COMPLETE
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("All of it is in saved: 3 jobs, 2 files, 2 files of results and 3 models (")
    assert second.startswith(f"16 objects fetched, {len(organisation.requests)} requests, ")


async def test_what_could_not_be_had_is_said_with_the_reason(
    organisation: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    del organisation.files["file-0001"]
    job = next(iter(organisation.jobs))
    organisation.fault(f"GET /fine_tuning/jobs/{job}/events", 6, lost=True)
    organisation.fault("GET /files/file-0000/content", status=403, code="not_allowed", message="Not for \x1b[31myou.")
    assert await rescue() == INCOMPLETE
    _, _, *said = capsys.readouterr().out.splitlines()
    assert said == [
        "3 things could not be had:",
        f"  events of {job}: The connection broke before the answer was there.",
        "  file file-0000 (questions 0.jsonl): The provider answered 403: Not for \\x1b[31myou.",
        "  file file-0001: It was deleted at the provider, or has expired there.",
        "All of them stand in saved/manifest.json. Run the same command again for what the provider had only trouble "
        "with.",
    ]
    assert await rescue() == INCOMPLETE
    assert "1 thing could not be had:" in capsys.readouterr().out


async def test_a_script_gets_one_object(organisation: Organisation, capsys: pytest.CaptureFixture[str]) -> None:
    del organisation.files["file-0001"]
    assert await rescue(as_json=True) == INCOMPLETE
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["jobs"], said["files"], said["results"]) == (False, 3, 1, 2)
    assert said["missing"] == [
        {"kind": "file", "id": "file-0001", "why": "No such File object: file-0001", "status": 404}
    ]
    assert said["requests"] == len(organisation.requests)
    assert said["bytes"] > 0


async def test_a_provider_of_the_file_is_named(
    organisation: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("THEIRS", organisation.key)
    Path("providers.toml").write_text(f'[providers.old]\nbase_url = "{organisation.url}"\nkey_env = "THEIRS"\n')
    assert await rescue(provider="old") == COMPLETE
    assert "3 jobs" in capsys.readouterr().out
    assert await rescue(provider="new") == BROKEN_OFF
    assert capsys.readouterr().err == "No provider is called new. There are: old.\n"
    taken = await asyncio.to_thread(
        take_in_command, Path("saved"), "C0TRAINING", "U0ANA", everybody=True, as_json=True, provider="old"
    )
    assert (taken, json.loads(capsys.readouterr().out)["jobs"]) == (0, 3)


async def test_a_key_that_is_refused_is_said_and_not_shown(
    organisation: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789abcdef")
    assert await rescue() == BROKEN_OFF
    said = capsys.readouterr().err
    assert said.startswith("OPENAI_API_KEY cannot be used: trainer answered: Incorrect API key provided")
    assert "0123456789" not in said


async def test_where_nobody_answers_it_says_so_and_how_to_go_on(
    organisation: Organisation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_MOST_WAITS", 2)
    await organisation.down()
    with speaking(Language.CHINESE):
        assert await rescue() == BROKEN_OFF
    assert capsys.readouterr().err.endswith("已保存的内容留在 saved 中：再次运行同一条命令，即可从那里继续。\n")


def test_without_a_key_nothing_is_begun(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert rescue_command(Path("saved"), 8, True) == BROKEN_OFF
    assert json.loads(capsys.readouterr().out)["error"].startswith("OPENAI_API_KEY is missing.")
    assert not Path("saved").exists()


@pytest.mark.parametrize(
    ("channel", "owner", "said"),
    [
        ("#training", "U0ANA", "#training is no id of a channel."),
        ("C0TRAINING", None, "Whose shall it be?"),
        ("C0TRAINING", "U0ANA", "no_rescue"),
    ],
)
def test_what_cannot_be_given_to_the_bot_is_said(
    channel: str, owner: str | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StartError) as refused:
        take_in_command(Path("saved"), channel, owner, False, False)
    assert str(refused.value).startswith(said)
    assert list(tmp_path.iterdir()) == []
