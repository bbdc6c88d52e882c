#!/usr/bin/env python
"""Write the reference pages from the program itself: docs/settings.md, docs/findings.md, docs/commands.md,
docs/metrics.md, and in Chinese the findings and the commands of Slack.

With --check nothing is written; exit code 1 where a page differs from what would be.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml
from prometheus_client.metrics import MetricWrapperBase

from app.command_line import AS_IN_SLACK
from app.command_line import app as command_line
from bot import instruments
from bot.providers.configured import DeploymentTable, PriceTable, ProvidersFile, ProviderTable
from bot.settings import Settings
from handlers.commands import COMMANDS
from texts import commands as texts
from texts import findings
from texts import pages as frame
from texts import repairs as repair_texts
from texts.formats import listed
from texts.language import Language, current, speaking
from texts.repair import repair_button
from trainer import instruments as trainer_instruments
from trainer.cli import app as trainer_command_line
from trainer.settings import Settings as TrainerSettings
from trainer.settings import variable
from training_files.finding_codes import FINDING_CODES
from training_files.repair.repairs import REPAIRS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_WRITTEN = "<!-- Written by scripts/docs.py from the program itself. Change it there. -->\n\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is out of date")
    options = parser.parse_args()
    written = {DOCS / name: page for name, page in pages().items()} | {WORKFLOW_MANIFEST: workflow_manifest()}
    stale = [path for path, text in written.items() if not _is(path, text)]
    for path in stale:
        name = path.relative_to(ROOT).as_posix()
        if options.check:
            print(f"{name} is out of date. Run scripts/docs.py.")
        else:
            path.write_text(written[path], encoding="utf-8")
            print(f"{name} written.")
    return 1 if options.check and stale else 0


def pages() -> dict[str, str]:
    """The pages by their names."""
    written = {
        "settings.md": settings_page(),
        "commands.md": commands_page(),
        "findings.md": findings_page(),
        "metrics.md": metrics_page(),
    }
    with speaking(Language.CHINESE):
        written["zh/findings.md"] = findings_page()
        written["zh/commands.md"] = "\n".join(_slack_commands()) + "\n"
    return written


WORKFLOW_MANIFEST = ROOT / "manifest-workflow.yml"


def workflow_manifest() -> str:
    """manifest.yml with the steps for Workflow Builder, and the settings that Slack wants for them."""
    manifest: Any = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    manifest["settings"] |= {"org_deploy_enabled": True, "function_runtime": "remote"}
    steps = (ROOT / "handlers" / "workflow_steps" / "steps.yml").read_text("utf-8")
    manifest["functions"] = yaml.safe_load(steps)
    return _WORKFLOW_HEAD + yaml.dump(manifest, Dumper=_WithoutAnchors, sort_keys=False, allow_unicode=True, width=110)


class _WithoutAnchors(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_WORKFLOW_HEAD = """\
# Instead of manifest.yml, where people use Workflow Builder: the same app with steps for it, which takes a paid plan
# and an app that is ready for an organisation. docs/workflows.md goes through it. The reason for each scope stands in
# manifest.yml. Written by scripts/docs.py from that and handlers/workflow_steps/steps.yml. Change it there.

"""


def settings_page() -> str:
    parts = [
        "# Settings",
        "",
        _WRITTEN.strip(),
        "",
        "Read from the environment, then from a file `.env` in the folder that `finetune-bot run` is started from. An "
        "empty variable counts as not set. What cannot be used is named at start, in one sentence.",
    ]
    left = dict(Settings.model_fields)
    for title, prefixes in (*_GROUPS, ("Running", "")):
        parts += ["", f"## {title}", "", "| variable | default | meaning |", "|---|---|---|"]
        for name in [name for name in left if name.startswith(prefixes)]:
            field = left.pop(name)
            default = field.get_default(call_default_factory=True)
            parts.append(f"| `{name.upper()}` | {_default(default)} | {_cell(field.description)} |")
    parts += [
        "",
        "## `providers.toml`",
        "",
        "Several providers at once. How to write it: [providers.md](providers.md).",
    ]
    for title, table in (
        ("At the top", ProvidersFile),
        ("`[providers.NAME]`", ProviderTable),
        ("`[providers.NAME.deployment]`", DeploymentTable),
        ("`[providers.NAME.prices.MODEL]`, in US dollars", PriceTable),
    ):
        parts += ["", f"### {title}", "", "| | default | meaning |", "|---|---|---|"]
        for name, field in table.model_fields.items():
            if field.description is not None:
                default = None if field.is_required() else field.get_default(call_default_factory=True)
                meaning = f"{_cell(field.description)}{' Needed.' if field.is_required() else ''}"
                parts.append(f"| `{name}` | {_default(default)} | {meaning} |")
    parts += ["", "## Trainer", "", "Of `finetune-bot trainer serve`.", ""]
    parts += ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in TrainerSettings.model_fields.items():
        if field.description is not None:  # what has none comes from the command line
            default = None if field.default_factory else field.default
            parts.append(f"| `{variable(name)}` | {_default(default)} | {_cell(field.description)} |")
    token = "The token of somebody who accepted the licence of a gated base model. Only read from the environment."
    parts.append(f"| `HF_TOKEN` |  | {token} |")
    return "\n".join(parts) + "\n"


_GROUPS = (
    ("Slack", ("slack_", "http_")),
    (
        "Provider",
        (
            "openai_",
            "finetune_provider",
            "finetune_models",
            "finetune_default_model",
            "finetune_embedding_model",
            "finetune_tokenizers",
        ),
    ),
    (
        "People",
        (
            "finetune_admins",
            "finetune_approvers",
            "finetune_members",
            "finetune_notices_channel",
            "finetune_language",
            "finetune_allow_",
        ),
    ),
    ("Encryption", ("finetune_encryption_", "finetune_encrypt_files")),
    ("Watching over it", ("health_", "metrics_", "otel_", "finetune_log_")),
    ("Spending", ("finetune_approval_above", "finetune_approve_unknown", "finetune_max_running")),
    ("Experiment tracking", ("finetune_wandb_", "wandb_", "mlflow_", "finetune_track_")),
)


def commands_page() -> str:
    parts = [
        *_slack_commands(),
        "",
        "## On the command line",
        *_command("finetune-bot", typer.main.get_command(command_line)),
        *_as_in_slack(typer.main.get_command(command_line)),
    ]
    return "\n".join(parts) + "\n"


def _slack_commands() -> Iterator[str]:
    """The commands of Slack, in the language in force."""
    yield from _head(frame.commands_title(), "commands.md")
    yield from (f"## {frame.in_slack()}", "", frame.where_commands_work(), "")
    yield from (_row(frame.command_column(), frame.summary_column(), frame.terminal_column()), "|---|---|---|")
    described = [texts.described(command.name) for command in COMMANDS]
    for command, each in zip(COMMANDS, described, strict=True):
        yield _row(f"`{_cell(each.usage)}`", _cell(each.summary), "✓" if command.name in AS_IN_SLACK else "")
    called = [f"`{word}` → `{command.name}`" for command in COMMANDS for word in command.synonyms]
    yield from ("", frame.synonyms(listed(called)))
    yield from ("", frame.terminal_commands())
    for command, each in zip(COMMANDS, described, strict=True):
        yield from ("", f"### `{command.name}`", "", each.details, "", "```")
        yield from (f"/finetune {example}" for example in each.examples)
        yield "```"


def _head(title: str, page: str) -> Iterator[str]:
    """With a link to the page in the other language."""
    twin = f"[简体中文](zh/{page})" if current() is Language.ENGLISH else f"[English](../{page})"
    yield from (f"# {title}", "", twin, "", _WRITTEN.strip(), "")


def _command(name: str, command: Any) -> Iterator[str]:
    """A section for a command, then one for each of its sub-commands. (typer's commands are not typed.)"""
    children = getattr(command, "commands", None)
    if children is not None:
        for child, inner in children.items():
            if inner.name not in AS_IN_SLACK or name.strip() != "finetune-bot":
                yield from _command(f"{name.strip()} {child}", inner)
        return
    if name == "finetune-bot trainer":  # passes its words on to a command line of its own
        yield from ("", f"### `{name}`", "", f"{_paragraph(command.help)} More about it: [trainer.md](trainer.md).")
        yield from _command(name + " ", typer.main.get_command(trainer_command_line))
        return
    if name == "finetune-bot sandbox":
        more = f"Options: `{name} --help`. More about it: [sandbox.md](sandbox.md)."
        yield from ("", f"### `{name} [OPTIONS]`", "", f"{_paragraph(command.help)} {more}")
        return
    arguments, options = _split(command.params)
    usage = " ".join([name, *(_argument(each) for each in arguments), *(["[OPTIONS]"] if options else [])])
    yield from ("", f"### `{usage}`", "", _paragraph(command.help))
    if command.params:
        yield ""
        yield from _options(command.params)


def _split(parameters: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Arguments and options."""
    options = [each for each in parameters if each.opts[0].startswith("-")]
    return [each for each in parameters if each not in options], options


def _options(parameters: Sequence[Any]) -> Iterator[str]:
    """Arguments and options as a table."""
    arguments, options = _split(parameters)
    yield from ("| | default | meaning |", "|---|---|---|")
    for option in arguments:
        yield f"| `{option.name.upper()}` | | {_cell(option.help)} |"
    for option in options:
        spelled = ", ".join([option.opts[0], *option.secondary_opts])
        if not option.is_flag:
            spelled += f" {option.metavar or option.name.upper()}"
        yield f"| `{spelled}` | {'' if option.is_flag else _default(option.default)} | {_cell(option.help)} |"


def _as_in_slack(program: Any) -> Iterator[str]:
    """Of the commands that do what those of Slack do: they have the same options."""
    commands = [program.commands[name] for name in AS_IN_SLACK]
    yield from ("", "### `finetune-bot COMMAND [WORDS] [OPTIONS]`, as in Slack", "")
    yield from ("More about it: [administration.md](administration.md#in-a-terminal).", "")
    yield from (_row("command", "what it does"), "|---|---|")
    for command in commands:
        usage = f"{command.name} {AS_IN_SLACK[command.name]}".strip()
        yield _row(f"`{_cell(usage)}`", _cell(command.help))
    yield from ("", *_options(commands[0].params))


def _argument(argument: Any) -> str:
    name = argument.name.upper()
    return name if argument.required else f"[{name}]"


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").split())


def _cell(text: str | None) -> str:
    return _paragraph(text).replace("|", "\\|")


def _default(value: object) -> str:
    if value is None or value in ([], (), {}, ""):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


def _is(path: Path, page: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == page


def findings_page() -> str:
    """In the language in force."""
    repairs = {repair.id: repair_texts.title(repair.id) for repair in REPAIRS}
    repair = repair_button()
    parts = [*_head(frame.findings_title(), "findings.md"), frame.what_findings_are(f"*{repair}*"), ""]
    parts += [_row(*frame.findings_columns(), repair), "|---|---|---|---|---|"]
    for rule in FINDING_CODES:
        meaning, remedy = findings.on_page(rule.code)
        parts.append(
            _row(f"`{rule.code}`", frame.severity(rule.severity), meaning, remedy, repairs.get(rule.repair, ""))
        )
    return "\n".join(parts) + "\n"


def metrics_page() -> str:
    parts = [
        "# Metrics",
        "",
        _WRITTEN.strip(),
        "",
        "How to have them read, and what to do when an alert fires: [operations.md](operations.md).",
    ]
    for title, module in (("The bot", instruments), ("The trainer", trainer_instruments)):
        parts += ["", f"## {title}", "", "| metric | type | labels | meaning |", "|---|---|---|---|"]
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (told,) = metric.describe()
                name = told.name + ("_total" if told.type == "counter" else "")
                labels = ", ".join(f"`{label}`" for label in metric._labelnames)
                parts.append(_row(f"`{name}`", told.type, labels, _cell(told.documentation)))
    parts += [
        "",
        "Both have the usual figures of a process besides: `process_cpu_seconds_total`, "
        "`process_resident_memory_bytes`, `process_open_fds` and others.",
    ]
    return "\n".join(parts) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
