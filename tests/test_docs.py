"""The reference pages say what the program does."""

import re
from pathlib import Path

import pytest

from bot.settings import Settings
from handlers.commands import COMMANDS
from scripts import docs
from texts.commands import described
from texts.language import Language, speaking
from training_files.finding_codes import FINDING_CODES

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "name", ["settings.md", "commands.md", "findings.md", "metrics.md", "zh/commands.md", "zh/findings.md"]
)
def test_a_page_is_what_the_script_would_write(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == docs.pages()[name], f"docs/{name} is out of date: run scripts/docs.py"


def test_every_setting_is_on_the_page_once_and_has_a_meaning() -> None:
    lines = docs.settings_page().partition("\n## Trainer\n")[0].splitlines()  # which takes some of the same
    for name, field in Settings.model_fields.items():
        assert field.description
        assert len([line for line in lines if line.startswith(f"| `{name.upper()}` |")]) == 1


def test_a_field_that_has_no_default_is_shown_without_one() -> None:
    assert "Undefined" not in docs.settings_page()
    assert "| `subscription` |  | The id of the Azure subscription. Needed. |" in docs.settings_page()


def test_every_command_of_slack_is_on_the_page() -> None:
    page = docs.commands_page()
    for command in COMMANDS:
        assert described(command.name).summary in page


@pytest.mark.parametrize(
    "line", ["finetune-bot run", "finetune-bot check FILE [OPTIONS]", "finetune-bot trainer keys create"]
)
def test_every_command_of_the_command_line_is_on_the_page(line: str) -> None:
    assert f"### `{line}" in docs.commands_page()


def test_no_secret_has_a_default() -> None:
    for line in docs.settings_page().splitlines():
        if "_TOKEN`" in line or "_KEY`" in line or "_SECRET`" in line:
            assert line.split("|")[2].strip() == ""


@pytest.mark.parametrize(("language", "stop"), [(Language.ENGLISH, "."), (Language.CHINESE, "。")])
def test_every_finding_is_on_the_page_with_what_it_means_and_what_to_do(language: Language, stop: str) -> None:
    with speaking(language):
        page = docs.findings_page()
    for rule in FINDING_CODES:
        _code, _severity, meaning, remedy, *_ = page.split(f"| `{rule.code}` ")[1].splitlines()[0].split("|")
        assert meaning.strip().endswith(stop)
        assert remedy.strip().endswith(stop)


@pytest.mark.parametrize("page", ["findings.md", "commands.md"])
def test_a_page_that_is_written_in_both_languages_links_to_the_other(page: str) -> None:
    assert f"[简体中文](zh/{page})" in docs.pages()[page]
    assert f"[English](../{page})" in docs.pages()[f"zh/{page}"]


@pytest.mark.parametrize(
    "room", ["app", "bot", "graders", "handlers", "sandbox", "telemetry", "trainer", "training_files"]
)
def test_the_architecture_names_every_package_of_a_room_and_none_that_is_gone(room: str) -> None:
    tree = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    about = re.split(rf"^{room}/", tree, flags=re.MULTILINE)[1]
    about = re.split(r"^\S", about, flags=re.MULTILINE)[0]
    packages = {file.parent.name for file in (ROOT / room).glob("*/__init__.py")}
    assert {name for name in packages if not re.search(rf"\b{name}\b", about)} == set()
    named = re.findall(r"\b(\w+)/|\b(\w+\.py)\b", about)
    there = {path.name for path in (ROOT / room).rglob("*") if path.is_dir() or path.suffix == ".py"}
    assert {name for names in named for name in names if name} - there == set()
