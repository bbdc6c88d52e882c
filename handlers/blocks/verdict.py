"""What a comparison of two models on the same examples says, in a sentence."""

from typing import Final

from bot.evaluations.result import ModelGain
from bot.evaluations.statistics import Compared, Verdict
from handlers.blocks.model_name import named
from handlers.blocks.text import bold
from texts.evaluations import figures
from texts.evaluations import result as texts
from texts.formats import sentences

SYMBOLS: Final = {Verdict.BETTER: "🟢", Verdict.WORSE: "🔴", Verdict.CANNOT_TELL: "⚪"}


def verdict_words(gain: ModelGain) -> str:
    """One sentence (mrkdwn) on a model against the baseline; a second where more would tell. Its shares are of the
    examples on which both were graded, so that they differ by the gain."""
    model, base, compared = bold(named(gain.model)), bold(named(gain.base)), gain.compared
    if compared.gain is None:
        return f"⚪ {texts.nothing_graded(model)}"
    after, before = figures.score(compared.after), figures.score(compared.before)
    if not compared.better and not compared.worse:
        return f"⚪ {texts.alike(model, base, after, compared.n)}"
    say = {
        Verdict.BETTER: texts.better,
        Verdict.WORSE: texts.worse,
        Verdict.CANNOT_TELL: texts.cannot_tell,
    }[compared.verdict]
    sentence = say(model, base, after, before, figures.points(compared.gain), interval(compared), compared.n)
    more = texts.would_be_needed(compared.needed) if compared.needed else ""
    return f"{SYMBOLS[compared.verdict]} {sentences(sentence, more)}"


def interval(compared: Compared) -> str:
    """Of the gain, in points."""
    if compared.low is None or compared.high is None:
        return figures.no_interval()
    return figures.confidence(figures.points(compared.low), figures.points(compared.high))
