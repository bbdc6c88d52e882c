"""The command line in the language of the terminal's locale."""

import io
import json
import re
import sys
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app import command_line, connecting
from app.check import check_command
from app.prepare import PrepareOptions, prepare_command, split_command
from app.trying import Trial
from bot.errors import StartError
from bot.settings import load as load_settings
from texts.errors import sentence
from texts.language import Language, speaking
from trainer.cli import app as trainer_command_line

# What stays as it is in every language: what is typed, ids, names of formats and files, and terms.
_NOT_OURS = re.compile(
    r"\S*\.jsonl|\([a-z_]+\)|finetune-bot \S+|--\S+( \S+)?|messages\[0\]\.role: \"\w+\"|\{.*\}|chat|token|UTF-8|LF"
)
_ENGLISH = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A role in another format's words, and one example twice."""
    turns = [("user", f"What is {n}?") for n in range(11)]
    turns[10] = ("human", "Who?")
    lines = [
        {"messages": [{"role": role, "content": asked}, {"role": "assistant", "content": f"{asked} I say {n}."}]}
        for n, (role, asked) in enumerate(turns)
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in [*lines, lines[0]]), encoding="utf-8")
    return path


def left_in_english(said: str) -> list[str]:
    return [line for line in said.splitlines() if _ENGLISH.search(_NOT_OURS.sub("", line))]


def test_what_prepare_says_is_all_in_chinese(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")  # an excerpt stands on one line then
    with speaking(Language.CHINESE):
        assert prepare_command(file, PrepareOptions()) == 1
        assert prepare_command(file, PrepareOptions(yes=True)) == 0
    out = capsys.readouterr().out
    for expected in (
        "12 个样本，chat 格式。",
        "更正角色名称",
        "与第 1 行相同。",
        "没有写入任何内容。",
        "11 个样本，去掉 1 个。",
    ):
        assert expected in out
    assert left_in_english(out) == []


def test_how_a_table_is_read_is_said_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "表.csv"
    table.write_text("说明\n问题,回答\n" + "".join(f"{n} 加 1 等于几？,等于 {n + 1}。\n" for n in range(12)), "utf-8")
    with speaking(Language.CHINESE):
        assert prepare_command(table, PrepareOptions()) == 1
    assert "表头是第 2 行。各列的含义是按列名判断的。" in capsys.readouterr().out


def test_a_refusal_and_a_split_are_said_in_chinese(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with speaking(Language.CHINESE):
        assert prepare_command(file, PrepareOptions(choose="polish")) == 2
        assert split_command(file, 0.25, 7, False) == 0
        assert split_command(file, 0.25, 7, False) == 2
    out, err = capsys.readouterr()
    assert "没有名为 polish 的修复" in err
    assert "train.training.jsonl 已经存在。请把它移走，或用 --force 覆盖。" in err
    assert re.search("训练集 [0-9]+ 个样本，验证集 [0-9]+ 个样本。", out)


def test_a_report_has_its_headings_and_figures_in_chinese(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with speaking(Language.CHINESE):
        assert check_command(file, None, None, as_json=False) == 1
    out = capsys.readouterr().out
    for expected in ("还不能用于训练", "格式", "chat，用于监督微调", "中位数", "错误", "修复它：finetune-bot prepare"):
        assert expected in out


@pytest.mark.parametrize(("locale", "expected"), [("zh_CN.UTF-8", "没有名为"), ("de_DE", "There is no repair")])
def test_the_locale_of_the_terminal_says_which_language(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    locale: str,
    expected: str,
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setattr(sys, "argv", ["finetune-bot", "prepare", str(file), "--choose", "polish"])
    with pytest.raises(SystemExit):
        command_line.main()
    assert expected in capsys.readouterr().err


def test_why_it_cannot_start_is_said_in_chinese() -> None:
    missing = load_settings(slack_bot_token=None, slack_app_token=None, slack_signing_secret=None, openai_api_key=None)
    with speaking(Language.CHINESE), pytest.raises(StartError) as error:
        connecting.require(missing, connecting.configured(missing))
    assert sentence(error.value).startswith("缺少 SLACK_BOT_TOKEN。")
    assert "缺少 OPENAI_API_KEY。" in sentence(error.value)


def test_what_there_is_to_do_in_the_trial_is_said_in_chinese(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=100)
    with speaking(Language.CHINESE):
        Trial(tmp_path, console=console)._show("http://127.0.0.1:8900/?key=1")
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue()
    for expected in ("打开  http://127.0.0.1:8900/?key=1", "开始微调", "在本机训练", "按 Ctrl-C 全部停止"):
        assert expected in said


@pytest.mark.parametrize("command", ["", "run", "doctor", "backup", "restore", "try", "check", "prepare", "split"])
def test_help_is_in_chinese_and_lists_each_command_with_its_first_sentence(command: str) -> None:
    with speaking(Language.CHINESE):
        shown = CliRunner().invoke(command_line.app, [*filter(None, [command]), "--help"]).output
    explained = [line for line in shown.splitlines() if line.startswith("  ") and "-h," not in line]
    assert explained
    assert [line for line in explained if not re.search("[\u4e00-\u9fff]", line)] == []
    if not command:
        assert re.search("^  check +检查训练文件。$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    "command",
    ["", "serve", "pull", "models", "export", "retire", "alias", "keys", "keys create", "keys list", "keys delete"],
)
def test_the_trainers_help_is_in_chinese(command: str) -> None:
    with speaking(Language.CHINESE):
        shown = CliRunner().invoke(trainer_command_line, [*command.split(), "--help"]).output
    explained = [line for line in shown.splitlines() if line.startswith("  ") and "-h," not in line]
    assert explained
    assert [line for line in explained if not re.search("[\u4e00-\u9fff]", line)] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pull", "gpt-9"], "没有基座模型 gpt-9。可用的有：SmolLM2-135M-Instruct、"),
        (["models"], "已下载"),
        (["keys", "delete", "nobody"], "没有名为 nobody 的密钥。"),
        (["alias", "gpt-4o-mini", "nobody"], "data/trainer 里没有模型 nobody。"),
        (["retire", "nobody"], "data/trainer 里没有模型 nobody。"),
        (["export", "nobody", "-o", "out"], "data/trainer 里没有微调模型 nobody，也没有其他微调模型。"),
    ],
)
def test_what_the_trainers_commands_say_is_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with speaking(Language.CHINESE):
        assert says in CliRunner().invoke(trainer_command_line, words).output


@pytest.mark.parametrize("words", [[], ["--epochs", "99"]])
def test_json_is_in_english_whatever_the_locale_for_programs_read_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setattr(sys, "argv", ["finetune-bot", "check", "--json", str(file), *words])
    with pytest.raises(SystemExit):
        command_line.main()
    value = json.loads(capsys.readouterr().out)
    assert not re.search("[\u4e00-\u9fff]", str(value))
    assert value["ok"] is False
