"""`finetune-bot check`: what a person sees in the terminal, and what a script reads with --json."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bot.datasets import DEFAULT_MODEL, DatasetError, Finding, Report, Severity, check_file, lookup
from bot.datasets.findings import BY_CODE

if TYPE_CHECKING:  # rich takes longer to import than a small file to check: only where it is shown
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

FINE, ERRORS_FOUND, UNREADABLE = 0, 1, 2
MOST_EPOCHS = 50  # OpenAI's API description 2.3.0, read 2026-11-21
LONG_FILE = 16 << 20
"""Bytes from which on a progress bar is shown."""

SHOWN = 10
"""Findings of each severity shown in the terminal."""


def check_command(file: Path, model: str | None, epochs: int | None, as_json: bool) -> int:
    """Checks `file` and shows the report: exit code 0 fine, 1 errors found, 2 cannot be read.

    With `as_json` exactly one JSON object goes to standard output, also where the file cannot be read (then
    `ok` is false and `error` holds the sentence).
    """
    if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
        return _refuse(f"The number of epochs is {epochs}; it must be from 1 to {MOST_EPOCHS}.", as_json)
    model = model or DEFAULT_MODEL
    try:
        if as_json:
            report = check_file(file, model=model, epochs=epochs, tokenizers=tokenizers_folder())
            _write_json(_plain(report))
        else:
            with progress_bar(file, "Checking") as progress:
                report = check_file(file, model=model, epochs=epochs, tokenizers=tokenizers_folder(), progress=progress)
            _show(report, file)
    except DatasetError as error:
        return _refuse(str(error), as_json)
    return FINE if report.ok else ERRORS_FOUND


def tokenizers_folder() -> Path:
    """Where the trainer keeps base models with their tokenizers: FINETUNE_CACHE, else the platform's cache."""
    named = os.environ.get("FINETUNE_CACHE")
    if named:
        return Path(named).expanduser() / "models"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")
        return Path(local) / "finetune-bot" / "cache" / "models"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "finetune-bot" / "models"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "finetune-bot" / "models"


def _plain(report: Report) -> dict[str, object]:
    """The report as the object that --json prints: findings without the severity that their list says."""
    plain: dict[str, object] = msgspec.to_builtins(report)
    for name, findings in (("errors", report.errors), ("warnings", report.warnings)):
        plain[name] = [
            {"code": one.code, "line": one.line, "field": one.field, "message": one.message} for one in findings
        ]
    return plain


def _write_json(value: dict[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _refuse(sentence: str, as_json: bool) -> int:
    sentence = harmless(sentence)  # a file's name may hold anything
    if as_json:
        _write_json({"ok": False, "error": sentence})
    else:
        sys.stderr.write(sentence + "\n")
    return UNREADABLE


@contextmanager
def progress_bar(file: Path, doing: str) -> Iterator[Callable[[int, int], None] | None]:
    """What takes bytes done and bytes in all and shows them, for a long file on a terminal; else None."""
    size = file.stat().st_size if file.is_file() else 0
    if size < LONG_FILE or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=size)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(report: Report, file: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    console = Console(highlight=False)
    console.print()
    console.print(verdict(report, file.name))
    console.print()
    console.print(_summary(report))
    if report.tokens.total:
        console.print()
        console.print(_costs(report))
    if report.tokens.why:
        console.print(Text(f"An estimate: {report.tokens.why}.", style="dim"))
    for title, style, findings, counts in (
        ("Errors", "red", report.errors, _counts(report, "error")),
        ("Warnings", "yellow", report.warnings, _counts(report, "warning")),
    ):
        if findings:
            console.print()
            _show_findings(console, title, style, findings, counts)
    console.print()


def verdict(report: Report, name: str) -> "Text":
    """The file's state in one line."""
    from rich.text import Text

    errors = sum(_counts(report, "error").values())
    warnings = sum(_counts(report, "warning").values())
    name = harmless(name)
    if not report.ok:
        many = "1 error" if errors == 1 else f"{errors:,} errors"
        return Text.assemble(("✗ ", "bold red"), (name, "bold"), f" cannot be trained on yet: {many}.")
    tail = {0: ".", 1: ", with 1 warning."}.get(warnings, f", with {warnings:,} warnings.")
    return Text.assemble(("✓ ", "bold green"), (name, "bold"), f" is ready to train on{tail}")


def _counts(report: Report, severity: Severity) -> dict[str, int]:
    return {code: count for code, count in report.counts.items() if BY_CODE[code].severity == severity}


def _summary(report: Report) -> "Table":
    from rich.table import Table

    tokens = report.tokens
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    grid.add_row("Format", report.format)
    grid.add_row("Examples", f"{report.examples:,}")
    if tokens.total:
        about = "" if tokens.exact else "about "
        grid.add_row("Tokens", f"{about}{tokens.total:,}, counted with {tokens.tokenizer}")
        lengths = f"median {tokens.median:,}, 95th percentile {tokens.p95:,}, longest {tokens.max:,}"
        grid.add_row("Lengths", lengths)
        grid.add_row("Epochs", f"{report.epochs}: {report.epochs_reason}")
        if tokens.billed != tokens.total:
            grid.add_row("Billed", f"{tokens.billed:,} tokens an epoch, long examples being cut")
    return grid


def _costs(report: Report) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Model")
    table.add_column(f"Training, {report.epochs} epoch{'s' if report.epochs > 1 else ''}", justify="right")
    table.add_column("Last day to start", style="dim")
    for model, dollars in report.cost.items():
        facts = lookup(model)
        ends = facts.training_ends if facts else None
        last = (ends - timedelta(days=1)).isoformat() if ends else ""
        style = "bold" if model == report.model else ""
        table.add_row(Text(harmless(model), style=style), Text(_price(dollars), style=style), last)
    return table


def _price(dollars: float | None) -> str:
    if dollars is None:
        return "price not known"
    if dollars == 0:
        return "your own hardware"
    return "under $0.01" if dollars < 0.01 else f"${dollars:,.2f}"


def _show_findings(console: "Console", title: str, style: str, findings: list[Finding], counts: dict[str, int]) -> None:
    from rich.table import Table
    from rich.text import Text

    each = ", ".join(f"{code} {count:,}" for code, count in counts.items())
    console.print(Text.assemble((title, f"bold {style}"), (f"  {each}", "dim")))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", style=style, no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings[:SHOWN]:
        where = "file" if finding.line is None else f"line {finding.line:,}"
        grid.add_row(where, Text(harmless(finding.message)))
    console.print(grid)
    more = sum(counts.values()) - SHOWN
    if more > 0:
        console.print(Text(f"and {more:,} more; --json lists the first 1,000 of them.", style="dim"))


def harmless(text: str) -> str:
    """Without characters that a terminal would act on."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
