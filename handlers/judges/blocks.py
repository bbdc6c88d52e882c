"""What is asked before a judge is, and what came of it, as messages."""

from typing import Final

from slack_sdk.models.blocks import Block

from bot.evaluations.statistics import Estimate, Verdict
from bot.judges.check import JudgePlan
from bot.judges.pairwise import PairwiseReport, Preferred
from bot.judges.people import FEWEST, JudgeReport, Pairs, Thumbs
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import VALUE, actions, button, context, line, message, section
from handlers.blocks.text import bold, code, link, size
from texts import judges as texts
from texts.evaluations.figures import confidence, no_interval, score
from texts.evaluations.question import estimate as cost
from texts.evaluations.question import estimate_heading, its_card, nothing_spent_yet, unknown_price
from texts.evaluations.result import would_be_needed
from texts.formats import first_of, listed

CHECK: Final = "judge_check"
CONFIRMED: Final = "judge_confirmed"
NOT_NOW: Final = "judge_not_now"


def question(plan: JudgePlan, value: str) -> Message:
    """What it would take. `value`: what the button brings back."""
    if size(value) > VALUE:
        return line(texts.too_long_for_button())
    judges = [named(judge) for judge in plan.models]
    if plan.file_name and not plan.answers:
        text = texts.pairwise_question(listed(judges), code(plan.file_name, 60), plan.pairs)
    else:
        text = texts.question(judges, plan.answers, plan.pairs)
    lines = [bold(text)]
    if plan.calls:
        estimate = f"{bold(estimate_heading())} {cost(plan.usd, plan.seconds)}"
        lines.append(f"{estimate} · {texts.calls(plan.calls, plan.cached, both_orders=plan.pairs > 0)}")
    else:
        lines.append(texts.all_known())
    if plan.unpriced:
        lines.append(f"⚠️ {unknown_price(first_of([named(model) for model in plan.unpriced]))}")
    return message(
        text,
        [
            section("\n".join(lines)),
            actions(
                button(texts.ask_button(), CONFIRMED, value, style="primary"),
                button(texts.not_now_button(), NOT_NOW, "no"),
            ),
            context(nothing_spent_yet(bold(texts.ask_button()))),
        ],
    )


def begun(permalink: str | None) -> Message:
    return line(texts.begun(link(permalink, its_card())))


def pairwise_report(found: PairwiseReport) -> Message:
    text = texts.pairwise_title(named(found.judge), code(found.file_name, 60))
    blocks: list[Block] = [section(bold(text))]
    for one in found.results:
        blocks.append(section("\n".join(_preferred(found.base, one))))
    if found.family:
        blocks.append(context(f"⚠️ {texts.family([named(model) for model in found.family])}"))
    blocks.append(context(texts.pairwise_method()))
    return message(text, blocks)


def report(found: JudgeReport) -> Message:
    text = texts.title([named(judge) for judge in found.judges])
    blocks: list[Block] = [section(bold(text))]
    if found.thumbs is not None:
        blocks.append(section("\n".join(_thumbs(found.thumbs))))
    if found.pairs is not None:
        blocks.append(section("\n".join(_pairs(found.pairs))))
    if found.scores:
        lines = [
            texts.corrected(
                named(one.model),
                score(one.judged.value),
                score(one.corrected.value),
                _interval(one.corrected.low, one.corrected.high),
            )
            for one in found.scores
        ]
        blocks.append(section("\n".join([bold(texts.corrected_heading()), *lines])))
        blocks.append(context(texts.how_corrected()))
    if found.family:
        blocks.append(context(f"⚠️ {texts.family([named(model) for model in found.family])}"))
    labels = found.thumbs.n if found.thumbs else 0
    if found.thumbs and found.thumbs.unreadable and not labels:
        blocks.append(context(texts.cannot_judge()))
    elif labels < FEWEST:
        blocks.append(context(texts.few(labels, FEWEST)))
    return message(text, blocks)


def _preferred(base: str, found: Preferred) -> list[str]:
    one, model = found.compared, named(found.model)
    said = [texts.preferred(model, named(base), found.wins, found.losses, found.ties)]
    if one.low is not None and one.high is not None and one.gain is not None:
        share = score((1 + one.gain) / 2)
        interval = _interval((1 + one.low) / 2, (1 + one.high) / 2)
        verdict = {
            Verdict.BETTER: texts.judged_better,
            Verdict.WORSE: texts.judged_worse,
            Verdict.CANNOT_TELL: texts.judged_alike,
        }[one.verdict]
        said.append(verdict(model, share, interval))
    if one.needed is not None:
        said.append(would_be_needed(one.needed))
    if found.flipped.n:
        said.append(texts.flipped(*_share(found.flipped)))
    if found.longer.value is not None:
        said.append(texts.longer_won(*_share(found.longer)))
    if found.unreadable:
        said.append(texts.unreadable(found.unreadable))
    return said


def _thumbs(found: Thumbs) -> list[str]:
    said = []
    if found.n:
        said.append(texts.agrees_with_thumbs(found.n, *_share(found.same)))
        if found.agreement.value is not None:
            low, high = found.agreement.low, found.agreement.high
            interval = no_interval() if low is None or high is None else confidence(f"{low:.2f}", f"{high:.2f}")
            said.append(texts.kappa(f"{found.agreement.value:.2f}", interval))
        said.append(texts.finds_good(score(found.judge_good), score(found.people_good)))
    if found.unreadable:
        said.append(texts.unreadable(found.unreadable))
    return said


def _pairs(found: Pairs) -> list[str]:
    said = []
    if found.n:
        said.append(texts.agrees_with_votes(found.n, *_share(found.same)))
        if found.ties:
            said.append(texts.left_out(found.ties))
        said.append(texts.flipped(*_share(found.flipped)))
    if found.longer.value is not None and found.people_longer.value is not None:
        said.append(texts.longer(score(found.longer.value), score(found.people_longer.value)))
    if found.unreadable:
        said.append(texts.unreadable(found.unreadable))
    return said


def _share(of: Estimate) -> tuple[str, str]:
    return score(of.value), _interval(of.low, of.high)


def _interval(low: float | None, high: float | None) -> str:
    return no_interval() if low is None or high is None else confidence(score(low), score(high))
