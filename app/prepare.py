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

from app.check import harmless, progress_bar, verdict
from training_files import DEFAULT_MODEL, TrainingFileError, check_file
from training_files.report import ColumnMapping, Table
from training_files.tokens import tokenizers_folder

if TYPE_CHECKING:  # as in check_command: rich and the repairs are loaded where they are used
    from collections.abc import Sequence

    from rich.console import Console

    from training_files.repair import Draft, LostLine, ProposedRepair, RepairPlan, RepairResult

Target = Literal["chat", "completion", "preference"]

DONE, NOT_DONE, UNREADABLE = 0, 1, 2
SHOWN = 10
"""Lost lines that are named."""

_PARTS: dict[Target, tuple[str, ...]] = {
    "preference": ("preferred", "non_preferred", "system", "user"),
    "completion": ("prompt", "completion"),
    "chat": ("system", "user", "context", "assistant", "conversation", "messages"),
}


class Wishes(msgspec.Struct, frozen=True):
    """What the command line said. `choose` are ids of repairs; `columns` is `part=column,...`."""

    out: Path | None = None
    to: Target | None = None
    yes: bool = False
    choose: str | None = None
    columns: str | None = None
    validation: Path | None = None
    model: str | None = None
    force: bool = False


def prepare_command(file: Path, wishes: Wishes) -> int:
    """Shows what can be mended in `file`, mends what is chosen, checks the result: exit code 0 the result can be
    trained on (or nothing needs mending), 1 it cannot yet, or nothing was chosen, 2 the file cannot be read or the
    result not be written.
    """
    try:
        return _prepare(file, wishes)
    except TrainingFileError as error:
        sys.stderr.write(harmless(str(error)) + "\n")
        return UNREADABLE
    except (EOFError, KeyboardInterrupt):
        sys.stderr.write("\nNothing was written.\n")
        return NOT_DONE


def split_command(file: Path, share: float, seed: int, force: bool) -> int:
    """Splits `file` into NAME.training.jsonl and NAME.validation.jsonl beside it: exit code 0 done, 2 not."""
    from training_files import split

    training, validation = (file.with_name(f"{file.stem}.{side}.jsonl") for side in ("training", "validation"))
    try:
        for out in (training, validation):
            _refuse_to_overwrite(out, force, "Move it away")
        done = split.split(file, training, validation, share=share, seed=seed)
    except TrainingFileError as error:
        sys.stderr.write(harmless(str(error)) + "\n")
        return UNREADABLE
    console = _console()
    by = f", each label of `{done.stratified_by}` in the same share" if done.stratified_by else ""
    console.print(f"{_examples(done.training)} for training, {_examples(done.validation)} for validation{by}.")
    for out in (training, validation):
        console.print(harmless(str(out)), markup=False, style="bold")
    return DONE


def _prepare(file: Path, wishes: Wishes) -> int:
    from training_files.repair.repairs import BY_ID

    out = wishes.out or file.with_name(f"{file.stem}.mended.jsonl")
    chosen = [id.strip() for id in (wishes.choose or "").split(",") if id.strip()]
    unknown = [id for id in chosen if id not in BY_ID]
    if unknown:
        raise TrainingFileError(f"There is no repair {', '.join(unknown)}. There are: {', '.join(BY_ID)}.")
    _refuse_to_overwrite(out, wishes.force, "Give another name with -o")
    console = _console()
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not wishes.yes and not wishes.choose
    mapping = _mapping(wishes.columns) if wishes.columns else None
    with ExitStack() as drafts:
        draft = _drafted(drafts, file, wishes, mapping, chosen or None, offers=not (chosen or wishes.yes))
        if draft.plan.table is not None:
            _show_table(console, draft.plan.table, mapping)
            needed = mapping is None and draft.plan.table.mapping is None
            if interactive and (answer := _asked_columns(console, needed)):
                mapping = _mapping(answer)
                draft = _drafted(drafts, file, wishes, mapping, None, offers=True)
            elif needed:
                console.print(
                    f"Say which column is what: {_again(file, wishes)} --columns user=COLUMN,assistant=COLUMN"
                )
                return NOT_DONE
        plan = draft.plan
        asked = wishes.yes or bool(chosen)
        _show_plan(console, plan, briefly=asked)
        if not plan.repairs and not plan.lost_lines and not asked:
            return DONE
        if interactive:
            answered = _choose(console, plan)
            if answered is None:
                console.print("Nothing was written.")
                return NOT_DONE
            if not draft.has(answered):
                draft = _drafted(drafts, file, wishes, mapping, answered, offers=False)
        elif not asked:
            do = "mend" if plan.table is None else "convert"
            console.print(f"Nothing was written. To {do} it: {_again(file, wishes)} --yes", markup=False)
            ids = [one.id for one in _choices(plan)]
            if ids:
                console.print("Or name the repairs, such as: --choose " + ",".join(ids[:2]), markup=False)
            return NOT_DONE
        done = draft.write(out)
    return _checked(console, done, out, wishes)


def _drafted(
    drafts: ExitStack,
    file: Path,
    wishes: Wishes,
    mapping: ColumnMapping | None,
    chosen: list[str] | None,
    *,
    offers: bool,
) -> "Draft":
    """The repaired file, yet to be written, with what is recommended if nothing is `chosen`. `offers`: another choice
    may yet be made, so what else there is to repair is counted.
    """
    from training_files.repair import drafted

    with progress_bar(file, "Reading" if chosen is None else "Repairing") as progress:
        return drafts.enter_context(
            drafted(
                file,
                model=wishes.model or DEFAULT_MODEL,
                chosen=chosen,
                offers=offers,
                tokenizers=tokenizers_folder(),
                to=wishes.to,
                mapping=mapping,
                validation=wishes.validation,
                progress=progress,
            )
        )


def _checked(console: "Console", done: "RepairResult", out: Path, wishes: Wishes) -> int:
    """Checks the repaired file, and says what it came to."""
    model = wishes.model or DEFAULT_MODEL
    with progress_bar(out, "Checking") as progress:
        report = check_file(
            out, model=model, tokenizers=tokenizers_folder(), validation=wishes.validation, progress=progress
        )
    _show_result(console, done, out)
    console.print(verdict(report, out.name))
    for finding in report.errors[:SHOWN]:
        where = "" if finding.line is None else f"line {finding.line:,}: "
        console.print(f"  {where}{harmless(finding.message)}", markup=False)
    if not report.ok:
        console.print(f"All of it: finetune-bot check {harmless(str(out))}", markup=False, style="dim")
    return DONE if report.ok else NOT_DONE


def _show_plan(console: "Console", plan: "RepairPlan", *, briefly: bool) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    console.print()
    console.print(Text(f"{_examples(plan.examples)}, {plan.format}.", style="bold"))
    if not plan.repairs:
        console.print("Nothing needs mending." if not plan.lost_lines else "Nothing can be mended.")
    for repair in plan.repairs:
        number = "·" if repair.always else str(_choices(plan).index(repair) + 1)
        many = f"  {repair.examples:,}{' left out' if repair.drops else ''}"
        title = Text.assemble((f"{number:>3}  ", "bold cyan"), (harmless(repair.title), "bold"), many)
        console.print(title + Text(f"  ({repair.id})", style="dim"))
        if briefly:
            continue
        if not (repair.recommended or repair.always):
            console.print(Text(f"     Only if you choose it. {repair.note}", style="dim"))
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        where = "file" if repair.line is None else f"line {repair.line:,}"
        grid.add_row(f"     {where}", Text(harmless(repair.before), style="red"))
        if repair.after:
            grid.add_row(
                "     because" if repair.drops else "     becomes", Text(harmless(repair.after), style="green")
            )
        console.print(grid)
    if not briefly:
        _show_lost(console, plan.lost_lines, plan.lost, "cannot be saved")


def _show_result(console: "Console", done: "RepairResult", out: Path) -> None:
    from rich.text import Text

    console.print()
    left_out = f", {done.dropped:,} left out" if done.dropped else ""
    console.print(Text.assemble((harmless(str(out)), "bold"), f": {_examples(done.examples)}{left_out}."))
    _show_lost(console, done.lost_lines, done.lost, "could not be saved")


def _show_lost(console: "Console", count: int, lost: "Sequence[LostLine]", what: str) -> None:
    from rich.text import Text

    if not count:
        return
    console.print(Text(f"{_examples(count)} {what}:", style="yellow"))
    for one in lost[:SHOWN]:
        console.print(Text(f"  line {one.line:,}: {harmless(one.why)}"))
    if count > SHOWN:
        console.print(Text(f"  and {count - SHOWN:,} more", style="dim"))


def _show_table(console: "Console", table: Table, mapping: ColumnMapping | None) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    about = "" if table.exact else "about "
    console.print()
    rows = "1 row" if table.rows == 1 else f"{table.rows:,} rows"
    console.print(Text(f"A table ({table.kind}, {about}{rows}). Its columns:", style="bold"))
    parts = {column: part for part, column in (mapping or table.mapping or ColumnMapping("chat", {})).columns.items()}
    grid = Grid.grid(padding=(0, 2))
    for column in table.columns:
        part = parts.get(column.name, "")
        samples = " | ".join(column.samples)
        grid.add_row(f"  {part}", Text(harmless(column.name), style="bold"), Text(harmless(samples), style="dim"))
    console.print(grid)
    if mapping is None and table.why:
        console.print(Text(harmless(table.why)))


def _asked_columns(console: "Console", needed: bool) -> str:
    """What the person says about the columns, empty where the proposal is right."""
    prompt = "Which column is what?" if needed else "Read it so? Enter: yes. Else"
    while True:
        answer = console.input(f"{prompt} (such as user=COLUMN,assistant=COLUMN): ").strip()
        if answer.lower() in ("y", "yes", "") and not needed:
            return ""
        if answer:
            try:
                _mapping(answer)
            except TrainingFileError as error:
                console.print(harmless(str(error)), markup=False)
            else:
                return answer


def _choose(console: "Console", plan: "RepairPlan") -> list[str] | None:
    """The ids that a person chooses; None where they want nothing."""
    choices = _choices(plan)
    if not choices:
        answer = console.input("Write the file? Enter: yes, q: no. ").strip().lower()
        return None if answer.startswith(("q", "n")) else []
    recommended = " ".join(str(n) for n, one in enumerate(choices, 1) if one.recommended)
    while True:
        answer = console.input(f"Which? Enter: {recommended or 'none'}. Else numbers, all, none, or q to stop: ")
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
        console.print(f"Numbers from 1 to {len(choices)}, please.")


def _choices(plan: "RepairPlan") -> list["ProposedRepair"]:
    return [one for one in plan.repairs if not one.always]


def _mapping(columns: str) -> ColumnMapping:
    """`part=column,...`; a name with a comma in it in double quotes. Raises TrainingFileError."""
    pairs = next(csv.reader([columns], skipinitialspace=True), [])
    given = {part.strip(): name.strip() for part, equals, name in (pair.partition("=") for pair in pairs) if equals}
    format: Target | None = next((one for one, parts in _PARTS.items() if given and set(given) <= set(parts)), None)
    if len(given) != len(pairs) or format is None:
        known = "; ".join(f"for {one}: {', '.join(parts)}" for one, parts in reversed(_PARTS.items()))
        raise TrainingFileError(f"Write the columns as part=column,... The parts are, {known}.")
    return ColumnMapping(format, given)


def _again(file: Path, wishes: Wishes) -> str:
    """The command line so far."""
    import shlex

    words = ["finetune-bot", "prepare", harmless(str(file))]
    for option, value in (
        ("-o", wishes.out),
        ("--to", wishes.to),
        ("--columns", wishes.columns),
        ("--validation", wishes.validation),
        ("--model", wishes.model),
    ):
        if value is not None:
            words += [option, harmless(str(value))]
    return shlex.join(words)


def _refuse_to_overwrite(out: Path, force: bool, instead: str) -> None:
    if out.exists() and not force:
        raise TrainingFileError(f"{out} is there already. {instead}, or overwrite it with --force.")


def _examples(count: int) -> str:
    return "1 example" if count == 1 else f"{count:,} examples"


def _console() -> "Console":
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an old terminal may not know every letter
    return Console(highlight=False, soft_wrap=True)
