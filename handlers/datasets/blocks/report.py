"""What the check of a training file found, as the thread of the file shows it."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from slack_sdk.models.blocks import Block, ButtonElement

from bot.datasets.dataset import Dataset
from bot.datasets.report import Offer, is_repairable
from bot.providers.protocol import REINFORCEMENT
from bot.rehearsals.rehearsal import FEWEST_FOR_CURVE
from handlers.blocks import file_buttons
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, context, entry, fields, image, menu, message, section
from handlers.blocks.text import bold, code, link, quoted
from texts import findings, rehearsals, repair, training_files
from texts.datasets import report as texts
from texts.datasets import tables
from texts.formats import bracketed, number, with_remark
from texts.sweeps import several_entry
from training_files.epochs import auto_epochs
from training_files.report import ColumnMapping, Finding, Report, Table, Tokens

# Buttons of a report; the first two belong to other features.
START: Final = file_buttons.START
REPAIR: Final = "dataset_repair"
SPLIT: Final = "dataset_split"
SAMPLE: Final = "dataset_sample"
FINDINGS: Final = "dataset_findings"
# The menu beside them, and what its entries' values begin with.
MORE: Final = "dataset_more"
COMPARE: Final = "repair"
SWEEP: Final = "sweep"
DELETE: Final = "delete"
REHEARSE: Final = file_buttons.REHEARSE
CURVE: Final = file_buttons.CURVE
# What messages from before these names hold.
OLD_REPAIR: Final = "dataset_mend"
OLD_COMPARE: Final = "mend"

_FINDINGS: Final = 5
_MODELS: Final = 6
_COLUMNS: Final = 12
_ROWS: Final = 2
# Said in the report's own words where the file is a table.
_OF_TABLES: Final = frozenset({"needs_conversion", "not_jsonl"})


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
    nothing here can be trained on the file, and what to do. `picture_alt` describes the picture of lengths,
    where there is one. `validation` is the file that is to validate what this one trains, `validates` the name of the
    one that this is to validate. A file without a report is still being read.
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
    start = bold(texts.start_button())
    verdict = _verdict(dataset.name, found, obstacle)
    blocks: list[Block] = [section(verdict)]
    if obstacle:
        blocks.append(section(quoted(obstacle, 1500)))
    elif found.tokens.total:
        blocks.append(fields(_figures(found, offers)))
    if dataset.lengths_file is not None:
        blocks.append(image(dataset.lengths_file, picture_alt))
    if found.tokens.total and not found.tokens.exact:
        blocks.append(context(_estimated(found.tokens, found.model)))
    blocks += _findings(found)
    if validation is not None and validation.report is not None:
        examples, tokens = texts.examples(validation.report.examples), texts.tokens(validation.report.tokens.total)
        blocks.append(context(texts.validation_file(code(validation.name), examples, tokens, start)))
    if validates:
        blocks.append(context(texts.validates(code(validates), start)))
    if found.ok and found.method == REINFORCEMENT and not obstacle:
        blocks.append(context(texts.needs_a_grader(start)))
    if not found.ok:
        blocks.append(context(_what_to_do(found)))
    blocks.append(_buttons(dataset, found, offers, startable=not obstacle, first=not validates))
    return message(verdict, blocks)


def reading(name: str) -> Message:
    """Shown while the check runs."""
    text = texts.reading(code(name))
    return message(text, [section(text)])


def growing(dataset: Dataset, found: Report) -> Message:
    """What a check that takes longer has found so far."""
    size = dataset.bytes // 1_000_000 if dataset.bytes >= found.bytes else None
    text = texts.read_so_far(code(dataset.name), texts.examples(found.examples), found.bytes // 1_000_000, size)
    blocks: list[Block] = [section(text)]
    findings = _findings(found)
    if findings:
        blocks += [context(texts.more_may_come()), *findings]
    return message(text, blocks)


def unreadable(name: str, sentence: str) -> Message:
    """The file could not be fetched or read at all; `sentence` (plain text) says why and what to do."""
    text = texts.unreadable(code(name))
    return message(f"{text} {quoted(sentence, 600)}", [section(f"{text}\n{quoted(sentence, 1500)}")])


def deleted(name: str, unused_days: int | None = None) -> Message:
    text = texts.deleted(code(name)) if unused_days is None else texts.expired(code(name), unused_days)
    return message(text, [section(text)])


def findings_attached(dataset: Dataset, listed: int) -> str:
    """What is said (mrkdwn) beside the file with all findings, of which it lists so many."""
    total = sum(dataset.report.told.values()) if dataset.report else listed
    if total <= listed:
        return texts.all_findings_of(code(dataset.name), listed)
    return texts.first_findings_of(code(dataset.name), listed, total)


def findings_there(address: str) -> Message:
    text = texts.findings_there(link(address, texts.this_file()))
    return message(text, [section(text)])


def _verdict(name: str, found: Report, obstacle: str = "") -> str:
    file, examples = code(name), texts.examples(found.examples)
    if not found.ok:
        count = max(1, _count(found, found.errors, found.warnings))
        errors = texts.errors_in(count, examples) if found.examples else texts.errors(count)
        return f"{bold(texts.correct_first(file))} {errors}"
    format = quoted(findings.format_name(found.format), 40)
    if obstacle:
        return f"{bold(texts.nothing_learns_from(file))} {texts.examples_of(format, examples)}"
    if _holds_secrets(found):
        hints = texts.hints_to_look_at(format, examples, _count(found, found.warnings, found.errors))
        return f"{bold(texts.holds_secrets(file))} {hints} {texts.mask_secrets(bold(repair.repair_button()))}"
    if found.warnings:
        hints = texts.hints_to_look_at(format, examples, _count(found, found.warnings, found.errors))
        return f"{bold(texts.ready(file))} {hints}"
    return f"{bold(texts.ready(file))} {texts.nothing_to_correct(format, examples)}"


def _holds_secrets(found: Report) -> bool:
    """Such a file can be trained on, but who starts it should know: whoever talks to the model may be told them."""
    return "secret" in found.told


def _count(found: Report, these: Sequence[Finding], others: Sequence[Finding]) -> int:
    """How many findings there are of the kind of `these`: `told` has all of them, the lists the first 1,000."""
    other_codes = {finding.code for finding in others} - {finding.code for finding in these}
    return max(len(these), sum(n for name, n in found.told.items() if name not in other_codes))


def _model(offer: Offer) -> str:
    model = code(offer.model, 60)
    return with_remark(model, quoted(offer.provider, 40)) if offer.provider else model


def _figures(found: Report, offers: Sequence[Offer]) -> list[tuple[str, str]]:
    tokens = found.tokens
    offers = list(offers) or [Offer(found.model, found.cost.get(found.model))]
    costs = [f"{_model(offer)} {_cost(offer, exact=tokens.exact)}" for offer in offers[:_MODELS]]
    if len(offers) > _MODELS:
        costs.append(texts.more_models(len(offers) - _MODELS, bold(texts.start_button())))
    timed = any(offer.time is not None for offer in offers)
    return [
        (
            texts.tokens_heading(),
            f"{texts.tokens_in_all(tokens.total, exact=tokens.exact)}\n"
            f"{texts.lengths(tokens.median, tokens.p95, tokens.max)}",
        ),
        (texts.epochs_heading(), _epochs(found)),
        (texts.cost_and_time_heading() if timed else texts.cost_heading(), "\n".join(costs)),
    ]


def _cost(offer: Offer, *, exact: bool) -> str:
    price = texts.price(offer.usd, exact=exact)
    return price if offer.time is None else texts.price_and_time(price, offer.time.seconds, offer.time.trainings)


def _epochs(found: Report) -> str:
    """How many, and why: "8: a small file …"."""
    chosen = auto_epochs(found.examples)
    reason = found.epochs_reason or (chosen.reason if found.epochs == chosen.count else "asked")
    return texts.epochs(found.epochs, quoted(training_files.epochs_reason(reason), 200))


def _estimated(tokens: Tokens, model: str) -> str:
    why = quoted(training_files.estimate(tokens, model), 300)
    return texts.estimated(why.rstrip(".")) if why else texts.estimated_with(code(tokens.tokenizer, 60))


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
    blocks: list[Block] = [section(_group(groups[key], told.get(key[1]))) for key in shown]
    left = len(groups) - len(shown)
    if left > 0:
        blocks.append(context(texts.other_kinds(left)))
    return blocks


def _what_to_do(found: Report) -> str:
    return texts.repair_or_correct(bold(repair.repair_button())) if is_repairable(found) else texts.correct_and_drop()


def _group(group: Sequence[Finding], count: int | None) -> str:
    """Findings of one kind in one line. Where each says something of its own, the first one speaks for itself."""
    first = group[0]
    excerpt = f"\n{code(first.quote, 160)}" if first.quote.strip() else ""
    said = quoted(findings.sentence(first), 350)
    if first.severity != "error":
        said = texts.hint(said)
    if len(set(map(findings.sentence, group))) == 1:
        return f"• {_place(group, count)} {said}{excerpt}"
    others = max(len(group), count or 0) - 1
    return f"• {_place(group[:1])} {said} _{bracketed(texts.more_of_this_kind(others))}_{excerpt}"


def _place(group: Sequence[Finding], count: int | None = None) -> str:
    """Where it is: "Line 4:", "Lines 4, 9, 12 and 310 more:"."""
    lines = list(dict.fromkeys(finding.line for finding in group if finding.line is not None))
    if not lines:
        return bold(texts.whole_file())
    first = [number(line) for line in lines[:3]]
    return bold(texts.in_lines(first, max(0, max(len(lines), count or 0) - len(first))))


def _has_more(found: Report) -> bool:
    """Whether the report shows less than was found: all findings of a kind are one line."""
    kinds = {(finding.severity, finding.code) for finding in (*found.errors, *found.warnings)}
    return len(kinds) > _FINDINGS or sum(found.told.values()) > len(kinds)


def _table(dataset: Dataset, found: Report, table: Table) -> Message:
    """A file of rows: what it is, how it would be read, and a look into it."""
    what = tables.is_a_table(table.kind, code(dataset.name), tables.rows(table.rows, exact=table.exact))
    convert = bold(repair.convert_button())
    how = tables.would_read(reading_of(table.mapping), convert) if table.mapping else tables.name_the_columns(convert)
    blocks: list[Block] = [section(f"{bold(what)}\n{how}")]
    names = [code(column.name, 60) for column in table.columns[:_COLUMNS]]
    blocks.append(context(tables.columns(names, len(table.columns) + table.unlisted - len(names))))
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
        return tables.whole_conversations(code(whole, 60))
    asked = [code(named[part], 60) for part in ("system", "history", "user", "context", "prompt") if part in named]
    answered = [code(named[part], 60) for part in ("assistant", "completion", "preferred") if part in named]
    if "non_preferred" in named:
        return tables.preferences(" + ".join(asked), " + ".join(answered), code(named["non_preferred"], 60))
    return tables.answers(" + ".join(asked), " + ".join(answered))


def _sample_rows(table: Table) -> list[str]:
    mapped = list(table.mapping.columns.values()) if table.mapping else []
    columns = [column for column in table.columns if column.name in mapped] or list(table.columns[:4])
    rows, empty = [], f"_{texts.empty()}_"
    for index in range(_ROWS):
        cells = [
            f"{code(column.name, 60)}  {quoted(column.samples[index], 200) or empty}"
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


def _buttons(
    dataset: Dataset, found: Report, offers: Sequence[Offer] = (), *, startable: bool = True, first: bool = True
) -> Block:
    """What can be done with the file; what is rarely needed is in the menu beside them."""
    several = found.examples > 1 and found.table is None
    shown: list[ButtonElement] = []
    rarer = [entry(DELETE, dataset.id, texts.delete_entry())]
    if found.examples and found.table is None:
        rarer.insert(0, entry(SAMPLE, dataset.id, texts.sample_button()))
    to_repair_first = not found.ok or _holds_secrets(found)
    if found.ok and startable:
        style: Literal["primary"] | None = "primary" if first and not to_repair_first else None
        shown.append(button(texts.start_button(), START, dataset.id, style=style))
        rarer.insert(0, entry(SWEEP, dataset.id, *several_entry()))
        free = found.method != REINFORCEMENT and any(offer.usd == 0 for offer in offers)
        if free and len(offers) > 1:  # a single model that costs nothing is its own rehearsal
            shown.append(button(rehearsals.rehearse_button(), REHEARSE, dataset.id))
        if free and found.examples >= FEWEST_FOR_CURVE:
            rarer.insert(1, entry(CURVE, dataset.id, *rehearsals.curve_entry()))
    if is_repairable(found):
        label = repair.repair_button() if found.table is None else repair.convert_button()
        place = 0 if to_repair_first else len(shown)
        shown.insert(place, button(label, REPAIR, dataset.id, style="primary" if to_repair_first else None))
    elif found.ok and several:
        rarer.insert(0, entry(COMPARE, dataset.id, *texts.compare_entry()))
    if found.ok and several:
        shown.append(button(texts.split_button(), SPLIT, dataset.id))
    if _has_more(found) and found.table is None:
        shown.append(button(texts.findings_button(), FINDINGS, dataset.id))
    return actions(*shown, menu(MORE, rarer))
