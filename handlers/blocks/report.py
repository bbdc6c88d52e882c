"""What the check of a training file found, as the thread of the file shows it."""

from collections.abc import Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from bot.datasets.dataset import Dataset
from bot.datasets.epochs import auto_epochs
from bot.datasets.report import Finding, Report
from handlers.blocks.message import Message
from handlers.blocks.parts import actions, button, confirm, context, fields, message, section
from handlers.blocks.text import code, counted, joined, money, number, quoted

_FINDINGS: Final = 5
_LISTED: Final = 40
_MODELS: Final = 3


def report(dataset: Dataset, *, base_models: Sequence[str] = ()) -> Message:
    """The verdict first, then the figures, then what to do about the findings, errors before warnings.

    `base_models`: those whose cost is shown, three at most; the model that the file was checked for if empty.
    A file without a report is still being read.
    """
    if dataset.report is None:
        return reading(dataset.name)
    found = dataset.report
    verdict = _verdict(dataset.name, found)
    blocks: list[Block] = [section(verdict)]
    if found.examples:
        blocks.append(fields(_figures(found, base_models)))
    if not found.tokens.exact:
        why = quoted(found.tokens.why, 300) or f"They were made with {code(found.tokens.tokenizer, 60)}."
        blocks.append(context(f"Token counts are estimates. {why}"))
    blocks += _findings(found)
    blocks.append(_buttons(dataset, found))
    return message(verdict, blocks)


def reading(name: str) -> Message:
    """Shown while the check runs."""
    text = f"Reading {code(name)} …"
    return message(text, [section(text)])


def unreadable(name: str, sentence: str) -> Message:
    """The file could not be fetched or read at all; `sentence` (plain text) says why and what to do."""
    text = f"I could not read {code(name)}."
    return message(f"{text} {quoted(sentence, 600)}", [section(f"{text}\n{quoted(sentence, 1500)}")])


def all_findings(dataset: Dataset) -> Message:
    """As many findings as one message holds, by line, with the place of the rest."""
    found = dataset.report
    every = [*found.errors, *found.warnings] if found else []
    title = f"What the check found in {code(dataset.name)}"
    if found is None or not every:
        return message(title, [section(f"{title}: nothing to correct.")])
    shown = every[:_LISTED]
    lines = [f"• {_place([finding])} {quoted(finding.message, 150)}" for finding in shown]
    blocks: list[Block] = [section(f"*{title}*")]
    blocks += [section("\n".join(lines[start : start + 10])) for start in range(0, len(lines), 10)]
    left = sum(found.counts.values()) - len(shown)
    if left > 0:
        blocks.append(context(f"And {number(left)} more. `finetune-bot check FILE` on the command line lists all."))
    return message(title, blocks)


def _verdict(name: str, found: Report) -> str:
    file = code(name)
    if not found.ok:
        errors = counted(max(1, _count(found, found.errors, found.warnings)), "error")
        return f"*Please correct {file} first:* {errors} in {counted(found.examples, 'example')}."
    examples = f"{counted(found.examples, 'example')} in {quoted(found.format, 40)} format"
    if found.warnings:
        hints = counted(_count(found, found.warnings, found.errors), "hint")
        return f"*{file} is ready for training:* {examples}, with {hints} to look at."
    return f"*{file} is ready for training:* {examples}, nothing to correct."


def _count(found: Report, these: Sequence[Finding], others: Sequence[Finding]) -> int:
    """How many findings there are of the kind of `these`: `counts` has all of them, the lists the first 1,000."""
    other_codes = {finding.code for finding in others} - {finding.code for finding in these}
    return max(len(these), sum(n for name, n in found.counts.items() if name not in other_codes))


def _figures(found: Report, base_models: Sequence[str]) -> list[tuple[str, str]]:
    tokens = found.tokens
    about = "" if tokens.exact else "about "
    models = list(dict.fromkeys(base_models)) or [found.model]
    costs = [f"{code(model, 60)} {money(found.cost.get(model))}" for model in models[:_MODELS]]
    return [
        (
            "Tokens",
            f"{about}{number(tokens.total)}; {number(tokens.median)} in a typical example, "
            f"{number(tokens.max)} in the longest",
        ),
        ("Epochs", f"{number(found.epochs)}: {_why(found)}"),
        ("Cost", "\n".join(costs)),
    ]


def _why(found: Report) -> str:
    chosen = auto_epochs(found.examples)
    return chosen.reason if found.epochs == chosen.count else "as asked for"


def _findings(found: Report) -> list[Block]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in (*found.errors, *found.warnings):
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    if not groups:
        return []
    lines = []
    for (severity, name), group in list(groups.items())[:_FINDINGS]:
        kind = "" if severity == "error" else "Hint: "
        lines.append(f"• {_group(group, found.counts.get(name), kind)}")
    blocks: list[Block] = [section("\n".join(lines))]
    left = len(groups) - _FINDINGS
    if left > 0:
        blocks.append(context(f"And {counted(left, 'other kind')} of finding, to see once these are corrected."))
    if not found.ok:
        blocks.append(context("Correct the file and drop it here again: I check it anew."))
    return blocks


def _group(group: Sequence[Finding], count: int | None, kind: str) -> str:
    """Findings of one kind in one line. Where each says something of its own, the first one speaks for itself."""
    said = quoted(group[0].message, 350)
    if len({finding.message for finding in group}) == 1:
        return f"{_place(group, count)} {kind}{said}"
    others = max(len(group), count or 0) - 1
    return f"{_place(group[:1])} {kind}{said} _({counted(others, 'more', 'more')} of this kind)_"


def _place(group: Sequence[Finding], count: int | None = None) -> str:
    """Where it is: "Line 4:", "Lines 4, 9, 12 and 310 more:"."""
    lines = list(dict.fromkeys(finding.line for finding in group if finding.line is not None))
    if not lines:
        return "*Whole file:*"
    first = [number(line) for line in lines[:3]]
    left = max(len(lines), count or 0) - len(first)
    if left > 0:
        first.append(f"{number(left)} more")
    return f"*{'Line' if len(first) == 1 else 'Lines'} {joined(first)}:*"


def _has_more(found: Report) -> bool:
    """Whether the report shows less than was found: one line stands for all findings of a kind."""
    kinds = {(finding.severity, finding.code) for finding in (*found.errors, *found.warnings)}
    return len(kinds) > _FINDINGS or sum(found.counts.values()) > len(kinds)


def _buttons(dataset: Dataset, found: Report) -> Block:
    delete = button(
        "Delete",
        "dataset_delete",
        dataset.id,
        confirm=confirm(
            "Delete this file?",
            "The bot's copy and this report go, also at the provider. The file in Slack stays, and jobs "
            "that are already training go on.",
            "Delete",
            "Keep it",
        ),
    )
    buttons = [button("Start fine-tuning", "start_job", dataset.id, style="primary")] if found.ok else []
    if _has_more(found):
        buttons.append(button("All findings", "dataset_findings", dataset.id))
    return actions(*buttons, delete)
