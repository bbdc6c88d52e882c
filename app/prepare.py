"""`finetune-bot prepare` and `finetune-bot split`: repairing a training file, and taking a validation file out of it.

On a terminal the person chooses; in a script `--yes` or `--choose` does. The original is never changed.
"""

import csv
import io
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from app.check import at_finding, harmless, progress_bar, verdict
from texts import terminal as texts
from texts.errors import sentence
from texts.findings import unclear_columns
from texts.formats import enumerated, sentences
from training_files import DEFAULT_MODEL, TrainingFileError, check_file
from training_files.report import ColumnMapping, Table
from training_files.tokens import tokenizers_folder

if TYPE_CHECKING:  # as in app.check: rich and the repairs are loaded where they are used
    from collections.abc import Sequence

    from rich.console import Console

    from training_files.repair import Draft, LostLine, ProposedRepair, RepairPlan, RepairResult, Why

Target = Literal["chat", "completion", "preference"]

DONE, NOT_DONE, UNREADABLE = 0, 1, 2
SHOWN = 10
"""Lost lines that are named."""

_SUCH_AS = "user=COLUMN,assistant=COLUMN"
_PARTS: dict[Target, tuple[str, ...]] = {
    "preference": ("preferred", "non_preferred", "system", "user"),
    "completion": ("prompt", "completion"),
    "chat": ("system", "user", "context", "assistant", "conversation", "messages"),
}


class PrepareOptions(msgspec.Struct, frozen=True):
    """What the command line said. `choose` are ids of repairs; `columns` is `part=column,...`."""

    out: Path | None = None
    to: Target | None = None
    yes: bool = False
    choose: str | None = None
    columns: str | None = None
    validation: Path | None = None
    model: str | None = None
    force: bool = False


def prepare_command(file: Path, options: PrepareOptions) -> int:
    """Shows what can be repaired in `file`, repairs what is chosen, checks the result: exit code 0 the result can be
    trained on (or nothing needs repair), 1 it cannot yet, or nothing was chosen, 2 the file cannot be read or the
    result not be written.
    """
    try:
        return _prepare(file, options)
    except TrainingFileError as error:
        sys.stderr.write(harmless(sentence(error)) + "\n")
        return UNREADABLE
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write(f"\n{texts.nothing_written()}\n")
        return NOT_DONE


def split_command(file: Path, share: float, seed: int, force: bool) -> int:
    """Splits `file` into NAME.training.jsonl and NAME.validation.jsonl beside it: exit code 0 done, 2 not."""
    from training_files import split

    training, validation = (file.with_name(f"{file.stem}.{side}.jsonl") for side in ("training", "validation"))
    try:
        for out in (training, validation):
            if out.exists() and not force:
                raise TrainingFileError(texts.move_it_away(str(out)))
        done = split.split(file, training, validation, share=share, seed=seed)
    except TrainingFileError as error:
        sys.stderr.write(harmless(sentence(error)) + "\n")
        return UNREADABLE
    console = _console()
    sides = texts.examples(done.training), texts.examples(done.validation)
    by = done.stratified_by
    said = texts.split_by_label(*sides, harmless(by)) if by else texts.split_done(*sides)
    console.print(said, markup=False)
    for out in (training, validation):
        console.print(harmless(str(out)), markup=False, style="bold")
    return DONE


def _prepare(file: Path, options: PrepareOptions) -> int:
    from training_files.repair.repairs import BY_ID

    out = options.out or file.with_name(f"{file.stem}.repaired.jsonl")
    chosen = [id.strip() for id in (options.choose or "").split(",") if id.strip()]
    unknown = [id for id in chosen if id not in BY_ID]
    if unknown:
        raise TrainingFileError(texts.unknown_repairs(enumerated(unknown), enumerated(list(BY_ID))))
    if out.exists() and not options.force:
        raise TrainingFileError(texts.name_another(str(out)))
    console = _console()
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not options.yes and not options.choose
    mapping = _mapping(options.columns) if options.columns else None
    with ExitStack() as drafts:
        draft = _drafted(drafts, file, options, mapping, chosen or None, offers=not (chosen or options.yes))
        if draft.plan.table is not None:
            _show_table(console, draft.plan.table, mapping)
            needed = mapping is None and draft.plan.table.mapping is None
            if interactive and (answer := _asked_columns(console, needed)):
                mapping = _mapping(answer)
                draft = _drafted(drafts, file, options, mapping, None, offers=True)
            elif needed:
                console.print(texts.say_columns(f"{_command_so_far(file, options)} --columns {_SUCH_AS}"), markup=False)
                return NOT_DONE
        plan = draft.plan
        asked = options.yes or bool(chosen)
        _show_plan(console, plan, briefly=asked)
        if not plan.repairs and not plan.lost_lines and not asked:
            return DONE
        if interactive:
            answered = _choose(console, plan)
            if answered is None:
                console.print(texts.nothing_written())
                return NOT_DONE
            if not draft.has(answered):
                draft = _drafted(drafts, file, options, mapping, answered, offers=False)
        elif not asked:
            command = f"{_command_so_far(file, options)} --yes"
            do = texts.to_repair(command) if plan.table is None else texts.to_convert(command)
            console.print(texts.nothing_written_yet(do), markup=False)
            ids = [one.id for one in _choices(plan)]
            if ids:
                console.print(texts.name_repairs("--choose " + ",".join(ids[:2])), markup=False)
            return NOT_DONE
        done = draft.write(out)
    return _checked(console, done, out, options)


def _drafted(
    drafts: ExitStack,
    file: Path,
    options: PrepareOptions,
    mapping: ColumnMapping | None,
    chosen: list[str] | None,
    *,
    offers: bool,
) -> "Draft":
    """The repaired file, yet to be written, with what is recommended if nothing is `chosen`. `offers`: another choice
    may yet be made, so what else there is to repair is counted.
    """
    from training_files.repair import drafted

    with progress_bar(file, texts.reading() if chosen is None else texts.repairing()) as progress:
        return drafts.enter_context(
            drafted(
                file,
                model=options.model or DEFAULT_MODEL,
                chosen=chosen,
                offers=offers,
                tokenizers=tokenizers_folder(),
                to=options.to,
                mapping=mapping,
                validation=options.validation,
                progress=progress,
            )
        )


def _checked(console: "Console", done: "RepairResult", out: Path, options: PrepareOptions) -> int:
    """Checks the repaired file, and says what it came to."""
    model = options.model or DEFAULT_MODEL
    with progress_bar(out, texts.checking()) as progress:
        report = check_file(
            out, model=model, tokenizers=tokenizers_folder(), validation=options.validation, progress=progress
        )
    _show_result(console, done, out)
    console.print(verdict(report, out.name))
    for finding in report.errors[:SHOWN]:
        console.print(f"  {at_finding(finding)}", markup=False)
    if not report.ok:
        console.print(texts.all_of_it(f"finetune-bot check {harmless(str(out))}"), markup=False, style="dim")
    return DONE if report.ok else NOT_DONE


def _show_plan(console: "Console", plan: "RepairPlan", *, briefly: bool) -> None:
    from rich.text import Text

    from texts import repairs

    console.print()
    console.print(Text(texts.examples_in(plan.examples, plan.format), style="bold"))
    if not plan.repairs:
        console.print(texts.nothing_can_be_repaired() if plan.lost_lines else texts.nothing_needs_repair())
    for repair in plan.repairs:
        number = "·" if repair.always else str(_choices(plan).index(repair) + 1)
        title = repairs.title(repair.id, mark=repair.mark, format=plan.format, of_rows=plan.table is not None)
        many = texts.left_out(repair.examples) if repair.drops else f"{repair.examples:,}"
        heading = Text.assemble((f"{number:>3}  ", "bold cyan"), (harmless(title), "bold"), f"  {many}")
        console.print(heading + Text(f"  ({repair.id})", style="dim"))
        if not briefly:
            _show_place(console, repair)
    if not briefly:
        _show_lost(console, texts.cannot_be_saved(plan.lost_lines), plan.lost_lines, plan.lost)


def _show_place(console: "Console", repair: "ProposedRepair") -> None:
    """The first place that it would change, before and after."""
    from rich.table import Table as Grid
    from rich.text import Text

    from texts.repairs import does

    if not (repair.recommended or repair.always):
        console.print(Text(f"     {texts.only_if_chosen(does(repair.id))}", style="dim"))
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    where = texts.file_label() if repair.line is None else texts.line_label(repair.line)
    grid.add_row(f"     {where}", Text(_side(repair.before), style="red"))
    if repair.after:
        then = texts.because() if repair.drops else texts.becomes()
        grid.add_row(f"     {then}", Text(_side(repair.after), style="green"))
    console.print(grid)


def _side(shown: "str | Why") -> str:
    from texts.repairs import remark

    return harmless(shown if isinstance(shown, str) else remark(shown))


def _show_result(console: "Console", done: "RepairResult", out: Path) -> None:
    from rich.text import Text

    name = harmless(str(out))
    said = Text(texts.written(name, done.examples, done.dropped))
    said.highlight_words([name], "bold")
    console.print()
    console.print(said)
    _show_lost(console, texts.could_not_be_saved(done.lost_lines), done.lost_lines, done.lost)


def _show_lost(console: "Console", heading: str, count: int, lost: "Sequence[LostLine]") -> None:
    from rich.text import Text

    if not count:
        return
    console.print(Text(heading, style="yellow"))
    for one in lost[:SHOWN]:
        console.print(Text(f"  {texts.at_line(one.line, _side(one.why))}"))
    if count > SHOWN:
        console.print(Text(f"  {texts.more(count - SHOWN)}", style="dim"))


def _show_table(console: "Console", table: Table, mapping: ColumnMapping | None) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    console.print()
    console.print(Text(texts.table(table.kind, table.rows, exact=table.exact), style="bold"))
    parts = {column: part for part, column in (mapping or table.mapping or ColumnMapping("chat", {})).columns.items()}
    grid = Grid.grid(padding=(0, 2))
    for column in table.columns:
        part = parts.get(column.name, "")
        samples = " | ".join(column.samples)
        grid.add_row(f"  {part}", Text(harmless(column.name), style="bold"), Text(harmless(samples), style="dim"))
    console.print(grid)
    if mapping is None:
        notes = [texts.table_note(note) for note in table.notes]
        if table.mapping is None:
            notes.append(unclear_columns())
        console.print(Text(harmless(sentences(*notes))))


def _asked_columns(console: "Console", needed: bool) -> str:
    """What the person says about the columns, empty where the proposal is right."""
    prompt = texts.which_columns(_SUCH_AS) if needed else texts.read_so(_SUCH_AS)
    while True:
        answer = console.input(prompt, markup=False).strip()
        if answer.lower() in ("y", "yes", "") and not needed:
            return ""
        if answer:
            try:
                _mapping(answer)
            except TrainingFileError as error:
                console.print(harmless(sentence(error)), markup=False)
            else:
                return answer


def _choose(console: "Console", plan: "RepairPlan") -> list[str] | None:
    """The ids that a person chooses; None where they want nothing."""
    choices = _choices(plan)
    if not choices:
        answer = console.input(texts.write_it()).strip().lower()
        return None if answer.startswith(("q", "n")) else []
    recommended = " ".join(str(n) for n, one in enumerate(choices, 1) if one.recommended)
    while True:
        answer = console.input(texts.which_repairs(recommended), markup=False)
        words = answer.replace(",", " ").lower().split()
        if not words:
            return [one.id for one in choices if one.recommended]
        if words == ["q"]:
            return None
        if words == ["all"]:
            return [one.id for one in choices]
        if words == ["none"]:
            return []
        if all(word.isdecimal() and 1 <= int(word) <= len(choices) for word in words):
            return [choices[int(word) - 1].id for word in words]
        console.print(texts.numbers_please(len(choices)))


def _choices(plan: "RepairPlan") -> list["ProposedRepair"]:
    return [one for one in plan.repairs if not one.always]


def _mapping(columns: str) -> ColumnMapping:
    """`part=column,...`; a name with a comma in it in double quotes. Raises TrainingFileError."""
    pairs = next(csv.reader([columns], skipinitialspace=True), [])
    given = {part.strip(): name.strip() for part, equals, name in (pair.partition("=") for pair in pairs) if equals}
    format: Target | None = next((one for one, parts in _PARTS.items() if given and set(given) <= set(parts)), None)
    if len(given) != len(pairs) or format is None:
        known = [texts.parts_of(one, enumerated(parts)) for one, parts in reversed(_PARTS.items())]
        raise TrainingFileError(texts.columns_are_written(known))
    return ColumnMapping(format, given)


def _command_so_far(file: Path, options: PrepareOptions) -> str:
    """The command line so far."""
    import shlex

    words = ["finetune-bot", "prepare", harmless(str(file))]
    for option, value in (
        ("-o", options.out),
        ("--to", options.to),
        ("--columns", options.columns),
        ("--validation", options.validation),
        ("--model", options.model),
    ):
        if value is not None:
            words += [option, harmless(str(value))]
    return shlex.join(words)


def _console() -> "Console":
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    return Console(highlight=False, soft_wrap=True)
