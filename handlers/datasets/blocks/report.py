"""What the check of a training file found, as the thread of the file shows it."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from slack_sdk.models.blocks import Block, ButtonElement

from bot.datasets.dataset import Dataset
from bot.datasets.report import Offer
from bot.providers.protocol import REINFORCEMENT
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, fields, image, menu, message, option, section
from handlers.blocks.text import code, counted, link, quoted
from texts.formats import listed, money, number, rough_duration
from training_files.epochs import auto_epochs
from training_files.finding_codes import BY_CODE
from training_files.report import ColumnMapping, Finding, Report, Table

# Buttons of a report; the first two belong to other features.
START: Final = "start_job"
REPAIR: Final = "dataset_repair"
SPLIT: Final = "dataset_split"
SAMPLE: Final = "dataset_sample"
FINDINGS: Final = "dataset_findings"
# The menu beside them, and what its entries' values begin with.
MORE: Final = "dataset_more"
COMPARE: Final = "repair"
DELETE: Final = "delete"
# What messages from before these names hold.
OLD_REPAIR: Final = "dataset_mend"
OLD_COMPARE: Final = "mend"

_FINDINGS: Final = 5
_MODELS: Final = 6
_COLUMNS: Final = 12
_ROWS: Final = 2
# Said in the report's own words where the file is a table.
_OF_TABLES: Final = frozenset({"needs_conversion", "not_jsonl"})
_KINDS: Final = {
    "csv": "a table (CSV)",
    "tsv": "a table (TSV)",
    "xlsx": "a spreadsheet",
    "xls": "a spreadsheet",
    "ods": "a spreadsheet",
    "json": "a list of records (JSON)",
    "jsonl": "a list of records (JSONL)",
    "parquet": "a table (Parquet)",
}


def report(
    dataset: Dataset,
    *,
    offers: Sequence[Offer] = (),
    obstacle: str = "",
    picture_alt: str = "",
    validation: Dataset | None = None,
    validates: str = "",
) -> Message:
    """The verdict first, then the figures, then what to do about the findings, errors before warnings.

    `offers`: what training costs; on the model that the file was checked for if empty. `obstacle` (plain text): why
    nothing here can be trained on the file, and what to do. `picture_alt` describes the
    picture of lengths, where there is one. `validation` is the file that is to validate what this one trains,
    `validates` the name of the one that this is to validate. A file
    without a report is still being read.
    """
    found = dataset.report
    if found is None:
        return reading(dataset.name)
    if not found.complete:
        return growing(dataset, found)
    if found.table is not None:
        return _table(dataset, found, found.table)
    # Which models take the format is what `offers` and `obstacle` say.
    found = _without(found, frozenset({"format_not_taken"}))
    verdict = _verdict(dataset.name, found, obstacle)
    blocks: list[Block] = [section(verdict)]
    if obstacle:
        blocks.append(section(quoted(obstacle, 1500)))
    elif found.tokens.total:
        blocks.append(fields(_figures(found, offers)))
    if dataset.lengths_file is not None:
        blocks.append(image(dataset.lengths_file, picture_alt))
    if found.tokens.total and not found.tokens.exact:
        why = quoted(found.tokens.why, 300) or f"They were made with {code(found.tokens.tokenizer, 60)}."
        blocks.append(context(f"Token counts are estimates: {why.rstrip('.')}."))
    blocks += _findings(found)
    if validation is not None and validation.report is not None:
        held_out = (
            f"{counted(validation.report.examples, 'example')}, {counted(validation.report.tokens.total, 'token')}"
        )
        blocks.append(context(f"Validation file: {code(validation.name)}, {held_out}. *Start* has it chosen."))
    if validates:
        blocks.append(context(f"Dropped with {code(validates)}, which it validates: *Start* there has it chosen."))
    if found.ok and found.method == REINFORCEMENT and not obstacle:
        blocks.append(context("Reinforcement fine-tuning needs a grader and a validation file: *Start* asks for both."))
    if not found.ok:
        blocks.append(context(_what_to_do(found)))
    blocks.append(_buttons(dataset, found, startable=not obstacle, first=not validates))
    return message(verdict, blocks)


def reading(name: str) -> Message:
    """Shown while the check runs."""
    text = f"Reading {code(name)} …"
    return message(text, [section(text)])


def growing(dataset: Dataset, found: Report) -> Message:
    """What a check that takes longer has found so far."""
    of = f" of {number(dataset.bytes // 1_000_000)}" if dataset.bytes >= found.bytes else ""
    text = (
        f"Reading {code(dataset.name)} … {number(found.bytes // 1_000_000)}{of} MB, "
        f"{counted(found.examples, 'example')} so far."
    )
    blocks: list[Block] = [section(text)]
    findings = _findings(found)
    if findings:
        blocks += [context("Found so far, more may come:"), *findings]
    return message(text, blocks)


def unreadable(name: str, sentence: str) -> Message:
    """The file could not be fetched or read at all; `sentence` (plain text) says why and what to do."""
    text = f"I could not read {code(name)}."
    return message(f"{text} {quoted(sentence, 600)}", [section(f"{text}\n{quoted(sentence, 1500)}")])


def deleted(name: str) -> Message:
    text = f"{code(name)} was deleted. Drop it again to use it."
    return message(text, [section(text)])


def went_wrong() -> str:
    return "Something went wrong on my side while I checked it. Drop it again, please."


def findings_attached(dataset: Dataset, listed: int) -> str:
    """What is said (mrkdwn) beside the file with all findings, of which it lists so many."""
    total = sum(dataset.report.told.values()) if dataset.report else listed
    name = code(dataset.name)
    if total <= listed:
        return f"All {counted(listed, 'finding')} in {name}."
    return f"The first {number(listed)} of {number(total)} findings in {name}. Mend these, and I look for the rest."


def findings_there(address: str) -> Message:
    text = f"All findings are in {link(address, 'this file')}, here in the thread."
    return message(text, [section(text)])


def mendable(found: Report) -> bool:
    """Whether there is something that *Mend* can do."""
    if found.table is not None:
        return True
    return any((rule := BY_CODE.get(name)) is not None and rule.repair for name in found.told)


def _verdict(name: str, found: Report, obstacle: str = "") -> str:
    file = code(name)
    if not found.ok:
        errors = counted(max(1, _count(found, found.errors, found.warnings)), "error")
        where = f" in {counted(found.examples, 'example')}" if found.examples else ""
        return f"*Please correct {file} first:* {errors}{where}."
    examples = f"{counted(found.examples, 'example')} in {quoted(found.format, 40)} format"
    if obstacle:
        return f"*{file} is in order, but nothing here can be trained on it:* {examples}."
    if found.warnings:
        hints = counted(_count(found, found.warnings, found.errors), "hint")
        return f"*{file} is ready for training:* {examples}, with {hints} to look at."
    return f"*{file} is ready for training:* {examples}, nothing to correct."


def _count(found: Report, these: Sequence[Finding], others: Sequence[Finding]) -> int:
    """How many findings there are of the kind of `these`: `told` has all of them, the lists the first 1,000."""
    other_codes = {finding.code for finding in others} - {finding.code for finding in these}
    return max(len(these), sum(n for name, n in found.told.items() if name not in other_codes))


def _figures(found: Report, offers: Sequence[Offer]) -> list[tuple[str, str]]:
    tokens = found.tokens
    about = "" if tokens.exact else "about "
    offers = list(offers) or [Offer(found.model, found.cost.get(found.model))]
    costs = [f"{code(offer.model, 60)} {_cost(offer, about)}" for offer in offers[:_MODELS]]
    if len(offers) > _MODELS:
        costs.append(f"{number(len(offers) - _MODELS)} more in the window of *Start*")
    return [
        (
            "Tokens",
            f"{about}{number(tokens.total)} in all\n"
            f"median {number(tokens.median)}, 95th percentile {number(tokens.p95)}, longest {number(tokens.max)}",
        ),
        ("Epochs", _epochs(found)),
        ("Cost" if all(offer.seconds is None for offer in offers) else "Cost and time", "\n".join(costs)),
    ]


def _cost(offer: Offer, about: str) -> str:
    price = money(offer.usd)
    return (
        (about if price.startswith("$") else "")
        + price
        + (f", {_about(offer.seconds)}" if offer.seconds is not None else "")
    )


def _about(seconds: float) -> str:
    rough = rough_duration(seconds)
    return rough if rough.startswith(("a ", "less")) else f"about {rough}"


def _epochs(found: Report) -> str:
    """How many, and why: "8: a small file …"."""
    chosen = auto_epochs(found.examples)
    why = quoted(found.epochs_reason, 200) or (chosen.reason if found.epochs == chosen.count else "as asked for")
    return f"{number(found.epochs)}: {why}"


def _findings(found: Report) -> list[Block]:
    """The most frequent ones, errors before hints: a line for each kind, with an excerpt of the file."""
    told = found.told
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in (*found.errors, *found.warnings):
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    if not groups:
        return []

    def rank(key: tuple[str, str]) -> tuple[bool, int]:
        severity, name = key
        return severity != "error", -max(len(groups[key]), told.get(name, 0))

    shown = sorted(groups, key=rank)[:_FINDINGS]
    blocks: list[Block] = [
        section(_group(groups[key], told.get(key[1]), "" if key[0] == "error" else "Hint: ")) for key in shown
    ]
    left = len(groups) - len(shown)
    if left > 0:
        blocks.append(context(f"And {counted(left, 'other kind')} of finding, less frequent."))
    return blocks


def _what_to_do(found: Report) -> str:
    again = "Correct the file and drop it here again: I check it anew."
    if mendable(found):
        return "Press *Mend* and I correct what I can; or correct the file yourself and drop it here again."
    return again


def _group(group: Sequence[Finding], count: int | None, kind: str) -> str:
    """Findings of one kind in one line. Where each says something of its own, the first one speaks for itself."""
    first = group[0]
    excerpt = f"\n{code(first.quote, 160)}" if first.quote.strip() else ""
    said = quoted(first.message, 350)
    if len({finding.message for finding in group}) == 1:
        return f"• {_place(group, count)} {kind}{said}{excerpt}"
    others = max(len(group), count or 0) - 1
    return f"• {_place(group[:1])} {kind}{said} _({counted(others, 'more', 'more')} of this kind)_{excerpt}"


def _place(group: Sequence[Finding], count: int | None = None) -> str:
    """Where it is: "Line 4:", "Lines 4, 9, 12 and 310 more:"."""
    lines = list(dict.fromkeys(finding.line for finding in group if finding.line is not None))
    if not lines:
        return "*Whole file:*"
    first = [number(line) for line in lines[:3]]
    left = max(len(lines), count or 0) - len(first)
    if left > 0:
        first.append(f"{number(left)} more")
    return f"*{'Line' if len(first) == 1 else 'Lines'} {listed(first)}:*"


def _has_more(found: Report) -> bool:
    """Whether the report shows less than was found: one line stands for all findings of a kind."""
    kinds = {(finding.severity, finding.code) for finding in (*found.errors, *found.warnings)}
    return len(kinds) > _FINDINGS or sum(found.told.values()) > len(kinds)


def _table(dataset: Dataset, found: Report, table: Table) -> Message:
    """A file of rows: what it is, how it would be read, and a look into it."""
    rows = counted(table.rows, "row") if table.exact else f"about {counted(table.rows, 'row')}"
    what = f"{code(dataset.name)} is {_KINDS.get(table.kind, 'a table')} with {rows}."
    if table.mapping is not None:
        how = f"I would read it as {reading_of(table.mapping)}. Press *Convert* to make a training file of it."
    else:
        how = "Press *Convert* and tell me which column is the question and which the answer."
    blocks: list[Block] = [section(f"*{what}*\n{how}")]
    names = [code(column.name, 60) for column in table.columns[:_COLUMNS]]
    more = len(table.columns) + table.unlisted - len(names)
    listed = ", ".join(names) + (f" and {number(more)} more" if more > 0 else "")
    blocks.append(context(f"{'Columns' if len(table.columns) != 1 else 'Column'}: {listed or 'none'}"))
    blocks += [section(row) for row in _sample_rows(table)]
    other = [name for name in found.told if name not in _OF_TABLES]
    if other:
        blocks += _findings(_without(found, _OF_TABLES))
    blocks.append(_buttons(dataset, found))
    return message(f"{what} {how}", blocks)


def reading_of(mapping: ColumnMapping) -> str:
    """How the columns are read, in one phrase (mrkdwn): "`question` → `answer`"."""
    named = mapping.columns
    if whole := named.get("conversation") or named.get("messages"):
        return f"whole conversations in {code(whole, 60)}"
    asked = [code(named[part], 60) for part in ("system", "history", "user", "context", "prompt") if part in named]
    answered = [code(named[part], 60) for part in ("assistant", "completion", "preferred") if part in named]
    phrase = f"{' + '.join(asked)} → {' + '.join(answered)}"
    if "non_preferred" in named:
        phrase += f" rather than {code(named['non_preferred'], 60)}"
    return phrase


def _sample_rows(table: Table) -> list[str]:
    mapped = list(table.mapping.columns.values()) if table.mapping else []
    columns = [column for column in table.columns if column.name in mapped] or list(table.columns[:4])
    rows = []
    for index in range(_ROWS):
        cells = [
            f"{code(column.name, 60)}  {quoted(column.samples[index], 200) or '_(empty)_'}"
            for column in columns
            if index < len(column.samples)
        ]
        if cells:
            rows.append("\n".join(f"> {cell}" for cell in cells))
    return rows


def _without(found: Report, codes: frozenset[str]) -> Report:
    return msgspec.structs.replace(
        found,
        errors=[finding for finding in found.errors if finding.code not in codes],
        warnings=[finding for finding in found.warnings if finding.code not in codes],
        counts={code: count for code, count in found.counts.items() if code not in codes},
    )


def _buttons(dataset: Dataset, found: Report, *, startable: bool = True, first: bool = True) -> Block:
    """What can be done with the file; what is rarely needed is in the menu beside them."""
    several = found.examples > 1 and found.table is None
    shown: list[ButtonElement] = []
    rarer = [option("Delete", f"{DELETE} {dataset.id}")]
    if found.ok and startable:
        style: Literal["primary"] | None = "primary" if first else None
        shown.append(button("Start fine-tuning", START, dataset.id, style=style))
    if mendable(found):
        shown.append(
            button(
                "Mend" if found.table is None else "Convert",
                REPAIR,
                dataset.id,
                style=None if found.ok else "primary",
            )
        )
    elif found.ok and several:
        rarer.insert(
            0, option("Compare with validation file", f"{COMPARE} {dataset.id}", "Leave out what stands in both")
        )
    if found.ok and several:
        shown.append(button("Split", SPLIT, dataset.id))
    if found.examples and found.table is None:
        shown.append(button("Sample", SAMPLE, dataset.id))
    if _has_more(found) and found.table is None:
        shown.append(button("All findings", FINDINGS, dataset.id))
    return actions(*shown, menu(MORE, rarer))
