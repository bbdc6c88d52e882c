"""`finetune-bot check`: what a person sees in the terminal, and what a script reads with --json."""

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from texts import findings, training_file_errors, training_files
from texts import terminal as texts
from texts.formats import dollars, enumerated, money
from training_files import DEFAULT_MODEL, Finding, Report, Severity, TrainingFileError, check_file, lookup
from training_files.finding_codes import BY_CODE
from training_files.findings_csv import findings_csv
from training_files.forked import usable_cores
from training_files.report import Bar
from training_files.tokens import SUBSTITUTE, tokenizers_folder

if TYPE_CHECKING:  # rich takes longer to import than a small file to check: only where it is shown
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from training_files.content_scan import ContentScan

FINE, ERRORS_FOUND, UNREADABLE = 0, 1, 2
MOST_EPOCHS = 50  # OpenAI's API description 2.3.0, read 2026-11-21
LONG_FILE = 16 << 20
"""Bytes from which on a progress bar is shown."""

REDRAWN = 0.1
"""Seconds between two states of the progress bar."""

CODES_SHOWN = 5
SENTENCES_SHOWN = 3
LINES_SHOWN = 4
"""The most frequent codes of each severity, the sentences of a code, and the lines of a sentence that are shown."""


def check_command(
    file: Path,
    model: str | None,
    epochs: int | None,
    as_json: bool,
    *,
    validation: Path | None = None,
    deep: bool | None = None,
    all_findings: Path | None = None,
) -> int:
    """Checks `file` and shows the report: exit code 0 fine, 1 errors found, 2 cannot be read.

    With `as_json` exactly one JSON object goes to standard output, also where the file cannot be read (then
    `ok` is false and `error` holds the sentence). The second pass is made where `deep` is true, or None and a person
    reads. `all_findings` is a CSV file to be written.
    """
    if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
        return _refuse(texts.epochs_out_of_range(epochs, MOST_EPOCHS), as_json)
    if all_findings is not None and (all_findings.suffix.lower() != ".csv" or all_findings == file):
        return _refuse(texts.findings_need_csv(), as_json)
    model = model or DEFAULT_MODEL
    deep = not as_json if deep is None else deep
    try:
        with progress_bar(file, texts.checking(), hidden=as_json) as progress:
            report = check_file(
                file,
                model=model,
                epochs=epochs,
                tokenizers=tokenizers_folder(),
                validation=validation,
                progress=progress,
                processes=usable_cores(),
            )
        if not as_json:
            console = _console()
            _show(console, report, file)
        if deep and report.method is not None:
            found = _second_pass(file, hidden=as_json)
            if not as_json:
                _show_second_pass(console, found)
            report = _with_scan(report, found)
        if not as_json:
            _show_what_next(console, report, file, all_findings)
        else:
            _write_json(_plain(report))
        if all_findings is not None:
            _write_findings(report, all_findings)
    except TrainingFileError as error:
        return _refuse(training_file_errors.sentence(error), as_json)
    return FINE if report.ok else ERRORS_FOUND


def _plain(report: Report) -> dict[str, object]:
    """The report as the object that --json prints: findings without the severity that their list says, and with their
    sentences."""
    tokens = msgspec.structs.replace(report.tokens, why=training_files.estimate(report.tokens, report.model))
    reason = training_files.epochs_reason(report.epochs_reason)
    plain: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(report, tokens=tokens, epochs_reason=reason))
    for name, found in (("errors", report.errors), ("warnings", report.warnings)):
        plain[name] = [
            {
                "code": one.code,
                "line": one.line,
                "field": one.field,
                "quote": one.quote,
                "params": one.params,
                "message": findings.sentence(one),
            }
            for one in found
        ]
    return plain


def _write_json(value: dict[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.buffer.flush()


def _refuse(why: str, as_json: bool) -> int:
    why = harmless(why)  # a file's name may hold anything
    if as_json:
        _write_json({"ok": False, "error": why})
    else:
        sys.stderr.write(why + "\n")
    return UNREADABLE


@contextmanager
def progress_bar(file: Path, doing: str, *, hidden: bool = False) -> Iterator[Callable[[int, int], None] | None]:
    """What takes bytes done and bytes in all and shows them, for a long file on a terminal; else None."""
    size = file.stat().st_size if file.is_file() else 0
    if hidden or size < LONG_FILE or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    # Drawn here rather than in a thread of its own: while other threads run no process can be forked.
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("", total=size)
        due = 0.0

        def show(done: int, total: int) -> None:
            nonlocal due
            bar.update(task, completed=done, total=total)
            if time.monotonic() >= due:
                bar.refresh()
                due = time.monotonic() + REDRAWN

        yield show


def _second_pass(file: Path, *, hidden: bool) -> "ContentScan":
    from training_files import content_scan

    with progress_bar(file, texts.looking_closer(), hidden=hidden) as progress:
        return content_scan.scan_content(file, progress=progress)


def _with_scan(report: Report, found: "ContentScan") -> Report:
    from training_files import content_scan

    return content_scan.with_scan(report, found)


def _write_findings(report: Report, path: Path) -> None:
    try:
        path.write_bytes(findings_csv(report, findings.sentence))
    except OSError as error:
        raise TrainingFileError(texts.findings_not_written(path.name, error.strerror or str(error))) from error


def _console() -> "Console":
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    return Console(highlight=False)


def _show(console: "Console", report: Report, file: Path) -> None:
    from rich.text import Text

    console.print()
    console.print(verdict(report, file.name))
    console.print()
    console.print(_summary(report, console.encoding))
    if report.tokens.total:
        console.print()
        console.print(_costs(report))
    if report.tokens.why:
        why = training_files.estimate(report.tokens, report.model)
        console.print(Text(texts.estimate(harmless(why)), style="dim"))
    if report.errors:
        _show_findings(console, texts.errors_heading(), "red", report.errors, _counts(report, "error"))
    if report.warnings:
        _show_findings(console, texts.warnings_heading(), "yellow", report.warnings, _counts(report, "warning"))


def _show_second_pass(console: "Console", found: "ContentScan") -> None:
    from rich.text import Text

    if found.findings:
        _show_findings(console, texts.closer_look_heading(), "yellow", found.findings, found.counts)
        return
    console.print()
    console.print(Text(texts.nothing_at_closer_look(), style="dim"))


def _show_what_next(console: "Console", report: Report, file: Path, all_findings: Path | None) -> None:
    from rich.text import Text

    findings = report.errors + report.warnings
    name = harmless(str(file))
    if any(BY_CODE[one.code].repair for one in findings):
        console.print()
        do = texts.to_repair if report.table is None else texts.to_convert
        console.print(Text(do(f"finetune-bot prepare {name}")))
    if all_findings is not None:
        console.print()
        console.print(Text(texts.findings_written(len(findings), harmless(str(all_findings)))))
    elif len(findings) > SENTENCES_SHOWN * CODES_SHOWN:
        console.print(Text(texts.for_all_findings(f"--all-findings {harmless(file.stem)}-findings.csv")))
    console.print()


def verdict(report: Report, name: str) -> "Text":
    """The file's state in one line."""
    from rich.text import Text

    errors = sum(_counts(report, "error").values())
    warnings = sum(_counts(report, "warning").values())
    name = harmless(name)
    mark = ("✓ ", "bold green") if report.ok else ("✗ ", "bold red")
    said = Text(texts.ready(name, warnings) if report.ok else texts.not_ready(name, errors))
    said.highlight_words([name], "bold")
    return Text.assemble(mark, said)


def _counts(report: Report, severity: Severity) -> dict[str, int]:
    return {code: count for code, count in report.told.items() if BY_CODE[code].severity == severity}


def _summary(report: Report, encoding: str) -> "Table":
    from rich.table import Table

    tokens = report.tokens
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    method = report.method
    grid.add_row(texts.format_label(), texts.format_for(report.format, method) if method else report.format)
    table = report.table
    examples = f"{report.examples:,}" if table is None else texts.none_yet(table.rows, exact=table.exact)
    grid.add_row(texts.examples_label(), examples)
    if tokens.total:
        counted = texts.tokens(tokens.total, tokens.tokenizer, exact=tokens.exact)
        grid.add_row(texts.tokens_label(), counted)
        grid.add_row(texts.lengths_label(), texts.lengths(tokens.median, tokens.p95, tokens.max))
        bars = _bars(report.histogram)
        if len(report.histogram) > 1 and _can_say(bars, encoding):
            grid.add_row("", f"{report.histogram[0].low:,} {bars} {report.histogram[-1].high:,}")
        grid.add_row(
            texts.epochs_label(), texts.epochs(report.epochs, training_files.epochs_reason(report.epochs_reason))
        )
        if tokens.billed != tokens.total:
            grid.add_row(texts.billed_label(), texts.billed(tokens.billed))
    return grid


def _bars(histogram: Sequence[Bar]) -> str:
    """A histogram in one line of text."""
    blocks = "▁▂▃▄▅▆▇█"
    highest = max((bar.examples for bar in histogram), default=1)
    return "".join(blocks[bar.examples * (len(blocks) - 1) // highest] if bar.examples else " " for bar in histogram)


def _can_say(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _costs(report: Report) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(texts.model_label())
    table.add_column(texts.training_label(report.epochs), justify="right")
    table.add_column(texts.last_day_label(), style="dim")
    for model, usd in report.cost.items():
        facts = lookup(model)
        ends = facts.training_ends if facts else None
        last = (ends - timedelta(days=1)).isoformat() if ends else ""
        own = model == report.model
        price = Text(_price(usd, exact=_is_exact(report, model)), style="bold" if own else "")
        table.add_row(Text(harmless(model), style="bold" if own else ""), price, last)
    return table


def _is_exact(report: Report, model: str) -> bool:
    """Whether the model's price was made of tokens as it counts them: those of the others stand for it."""
    if model == report.model:
        return report.tokens.exact
    facts = lookup(model)
    estimated = report.tokens.tokenizer == SUBSTITUTE and not report.tokens.exact
    return facts is not None and facts.encoding == SUBSTITUTE and not estimated


def _price(usd: float | None, *, exact: bool) -> str:
    if usd is None or usd < 0.005 or exact:
        return money(usd)
    return texts.about(dollars(usd))


def _show_findings(console: "Console", title: str, style: str, found: list[Finding], counts: dict[str, int]) -> None:
    """The most frequent codes: how often, on which lines, in what words, and the text at fault."""
    from rich.table import Table
    from rich.text import Text

    kept = {code: [one for one in found if one.code == code] for code in counts}
    shown = [code for code in counts if kept[code]]
    console.print()
    console.print(Text(title, style=f"bold {style}"))
    for code in shown[:CODES_SHOWN]:
        console.print(Text.assemble(("  " + code, "bold"), (f" {texts.times(counts[code])}", "dim")))
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style=style, min_width=8)
        grid.add_column(overflow="fold")
        sentences: dict[str, list[Finding]] = {}
        for one in kept[code]:
            sentences.setdefault(findings.sentence(one), []).append(one)
        told = list(sentences.items())[:SENTENCES_SHOWN]
        for message, its in told:
            grid.add_row("    " + _lines(its), Text(harmless(message)))
            if its[0].quote:
                grid.add_row("", Text(harmless(its[0].quote), style="dim"))
        console.print(grid)
        more = counts[code] - sum(len(its) for _, its in told)
        if more:
            console.print(Text(f"    {texts.more(more)}", style="dim"))
    if rest := shown[CODES_SHOWN:]:
        console.print(
            Text("  " + texts.other_codes(enumerated([f"{code} {counts[code]:,}" for code in rest])), style="dim")
        )


def _lines(found: list[Finding]) -> str:
    lines = [f"{one.line:,}" for one in found if one.line is not None]
    return texts.lines(lines[:LINES_SHOWN], more=len(lines) > LINES_SHOWN) if lines else texts.file_label()


def at_finding(finding: Finding) -> str:
    """A finding in one line, with the line that it is about."""
    message = harmless(findings.sentence(finding))
    return message if finding.line is None else texts.at_line(finding.line, message)


def harmless(text: str) -> str:
    """Without characters that a terminal would act on."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
