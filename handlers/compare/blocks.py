"""Answers of several models in one message, pairs to vote on, and what the votes say. What a model says is untrusted:
it mentions nobody, and Slack is given no more of it than it takes."""

from collections.abc import Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block, ButtonElement, MarkdownBlock

from bot.compare.arenas import Standings
from bot.compare.comparison import (
    Answers,
    Arena,
    Choice,
    Comparison,
    Failure,
    ModelAnswer,
    Question,
    Vote,
)
from bot.compare.strength import Interval, Ranking
from bot.conversations.conversation import BROKEN
from bot.errors import BotError
from bot.evaluations.statistics.power import votes_needed
from bot.providers.protocol import JobError
from handlers.blocks.message import Message
from handlers.blocks.model_name import named
from handlers.blocks.parts import actions, button, confirm, context, divider, header, line, message, section
from handlers.blocks.retraining import add_votes_button
from handlers.blocks.text import bold, code, date, file_names, link, person, quoted, size
from handlers.chat.blocks import stream_text
from handlers.chat.markdown import cut
from texts import compare as texts
from texts.errors import sentence
from texts.formats import exact_money, listed, percent
from texts.provider_errors import explain_no_answer

RETRY: Final = "compare_retry"
REVEAL: Final = "arena_reveal"
VOTES: Final = {
    Choice.FIRST: "arena_first",
    Choice.SECOND: "arena_second",
    Choice.TIE: "arena_tie",
    Choice.BAD: "arena_bad",
}
"""The action_id of the button for each choice."""

# Characters of an answer. A longer one would not be seen beside another, and four of these fit into a message
# (`parts.message`).
_LONGEST: Final = 1_500
_QUESTION: Final = 600
_EARLIER: Final = 3


def side_by_side(
    comparison: Comparison, question: Question, answers: Answers, growing: Mapping[str, str], *, root: bool
) -> Message:
    """What each model has answered, or says just now (`growing`, by model). `root`: the message in whose thread people
    ask on."""
    names = listed([named(model) for model in question.models])
    heading = texts.comparing(person(question.asker), names)
    blocks: list[Block] = []
    if root:
        blocks += [section(heading), section(texts.question(quoted(question.text, _QUESTION)))]
    known = [answers.get((question.id, model)) for model in question.models]
    for model, answer in zip(question.models, known, strict=True):
        blocks += [divider(), section(bold(named(model)))]
        blocks += _answer(answer, growing.get(model, ""))
        blocks += _figures(answer)
    if any(answer is not None and answer.failure for answer in known):
        blocks.append(actions(button(texts.try_again_button(), RETRY, f"{comparison.id} {question.id}")))
    if root:
        blocks.append(divider())
        blocks.append(context(texts.ask_on(bold(texts.reply_here()))))
    return message(heading, blocks)


def is_shortened(answer: ModelAnswer | None) -> bool:
    return answer is not None and size(_said(answer)) > _LONGEST


def whole_answers(question: Question, answers: Answers, pair: Sequence[str] = ()) -> str:
    """The answers to a question as a Markdown file; with a `pair`, those two, without names."""
    parts = []
    for number, model in enumerate(pair or question.models, 1):
        answer = answers.get((question.id, model))
        if answer is not None and answer.failure is None:
            parts.append(f"# {texts.answer(number) if pair else model}\n\n{stream_text(_said(answer))}\n")
    return "\n".join(parts)


def whole_answers_comment(question: Question) -> str:
    return texts.whole_answers(quoted(question.text, 100))


def arena_card(
    comparison: Comparison, arena: Arena, questions: Sequence[Question], posted: int, votes: Sequence[Vote]
) -> Message:
    """The message in whose thread the pairs stand, while people vote."""
    names = listed([named(model) for model in comparison.models])
    text = texts.arena_of(person(comparison.owner), names)
    pairs = sum(len(question.pairs) for question in questions)
    about = _about(arena, questions)
    blocks: list[Block] = [
        header(texts.arena_title()),
        section(f"{text}\n{about}"),
        section(texts.so_far(posted, pairs, len(votes), len({vote.voter for vote in votes}))),
        section(texts.how_to_vote()),
        context(f"{texts.when_revealed(arena.votes_wanted, date(arena.reveal_at))}\n{what_votes_show()}"),
        actions(_reveal_button(comparison)),
    ]
    return message(text, blocks)


def _about(arena: Arena, questions: Sequence[Question]) -> str:
    """What is asked, and who has seen it before."""
    if not arena.file_name:
        return _prompt(questions[0])
    about = texts.prompts_from(len(questions), code(arena.file_name))
    if not arena.learned:
        return about
    return f"{about}\n{texts.learned_from_these(listed([named(model) for model in arena.learned]), len(arena.learned))}"


def revealed_card(
    comparison: Comparison, arena: Arena, questions: Sequence[Question], rankings: Sequence[Ranking]
) -> Message:
    names = listed([named(model) for model in comparison.models])
    text = texts.arena_of(person(comparison.owner), names)
    about = _about(arena, questions)
    learn = [actions(add_votes_button(comparison.id))] if rankings else []
    return message(text, [header(texts.arena_title()), section(f"{text}\n{about}"), *_rankings(rankings), *learn])


def result(rankings: Sequence[Ranking]) -> Message:
    """Said once in the thread, so that those who voted hear of it."""
    blocks = _rankings(rankings)
    return message(texts.result_title(), [section(bold(texts.result_title())), *blocks])


def ballot(comparison: Comparison, question: Question, pair: int, answers: Answers, *, number: int, of: int) -> Message:
    """Two answers to vote on, without anything that tells which model gave which."""
    title = texts.prompt(number, of)
    blocks = _asked(title, question)
    models = question.pairs[pair]
    known = [answers[question.id, model] for model in models]
    if any(answer.failure for answer in known):
        blocks.append(section(texts.no_vote()))
        blocks.append(actions(button(texts.try_again_button(), RETRY, f"{comparison.id} {question.id}")))
        return message(title, blocks)
    for place, answer in enumerate(known, 1):
        blocks += [divider(), section(bold(texts.answer(place))), *_answer(answer, hide_end=True)]
    about = f"{comparison.id} {question.id} {pair}"
    names = choice_names()
    blocks.append(actions(*(button(names[choice], action_id, about) for choice, action_id in VOTES.items())))
    return message(title, blocks)


def revealed_ballot(
    question: Question, pair: int, answers: Answers, votes: Sequence[Vote], *, number: int, of: int
) -> Message:
    """The same with the names."""
    title = texts.prompt(number, of)
    blocks = _asked(title, question)
    for place, model in enumerate(question.pairs[pair], 1):
        answer = answers.get((question.id, model))
        blocks += [divider(), section(bold(texts.answer_was(place, named(model))))]
        blocks += [*_answer(answer), *_figures(answer)]
    own = [vote.choice for vote in votes if (vote.question, vote.pair) == (question.id, pair)]
    blocks.append(context(texts.votes_were(*(own.count(choice) for choice in VOTES))))
    return message(title, blocks)


def voted(question_id: str, choice: Choice) -> Message:
    return line(texts.voted(question_id, bold(choice_names()[choice])))


def choice_names() -> dict[Choice, str]:
    """The names of the buttons."""
    return {
        Choice.FIRST: texts.first_button(),
        Choice.SECOND: texts.second_button(),
        Choice.TIE: texts.tie_button(),
        Choice.BAD: texts.bad_button(),
    }


def see_there(permalink: str | None) -> Message:
    return line(texts.see_there(link(permalink, texts.this_message())))


def files_left_out(names: Sequence[str]) -> Message:
    """For files that were given to models in a comparison's thread."""
    return line(texts.files_left_out(file_names(names)))


def standings(found: Standings) -> Message:
    if not found.arenas and not found.open:
        return line(texts.no_arenas())
    title = texts.standings_title()
    counted = [texts.arenas_counted(found.arenas)] if found.arenas else []
    still = [texts.arenas_open(found.open)] if found.open else []
    blocks: list[Block] = [section(bold(title)), context("\n".join([*counted, *still]))]
    if found.arenas:
        blocks += _rankings(found.rankings)
    return message(title, blocks)


def what_votes_show() -> str:
    return texts.what_votes_show(clear=70, clear_votes=votes_needed(0.7), close=60, close_votes=votes_needed(0.6))


def _prompt(question: Question) -> str:
    return texts.question(quoted(question.text, _QUESTION))


def _reveal_button(comparison: Comparison) -> ButtonElement:
    heading, text, yes, no = texts.reveal_question()
    return button(
        texts.reveal_button(), REVEAL, comparison.id, confirm=confirm(heading, text, yes, no, style="primary")
    )


def _asked(title: str, question: Question) -> list[Block]:
    """The prompt, and what was said before it."""
    said = [one for one in question.messages[:-1] if one.role in ("user", "assistant")][-_EARLIER:]
    earlier = [context("\n".join(f"{code(one.role)} {quoted(one.content, 200)}" for one in said))] if said else []
    return [section(bold(title)), *earlier, section(quoted(question.text, _QUESTION))]


def _answer(answer: ModelAnswer | None, growing: str = "", *, hide_end: bool = False) -> list[Block]:
    """`hide_end`: how an answer ended may tell who gave it."""
    if answer is None:
        if not growing.strip():
            return [context(texts.waiting())]
        return [_markdown(growing), context(texts.writing())]
    if answer.failure is not None:
        return _no_answer(answer.failure)
    said = _said(answer)
    notes = [texts.shortened()] if is_shortened(answer) else []
    if not hide_end and answer.finish_reason in _ENDS:
        notes.append(_ENDS[answer.finish_reason]())
    return [_markdown(said), *([context("\n".join(notes))] if notes else [])]


_ENDS: Final = {BROKEN: texts.cut_off, "length": texts.ended_at_length}


def _said(answer: ModelAnswer) -> str:
    """Its words, and the functions it calls."""
    calls = [texts.called(f"`{call.name}({call.arguments})`") for call in answer.tool_calls]
    return "\n\n".join(filter(None, [answer.content.strip(), *calls]))


def _markdown(text: str) -> Block:
    return MarkdownBlock(text=shorten(stream_text(text)).strip() or "–")


def shorten(text: str) -> str:
    """The beginning of a Markdown text, with its code closed."""
    return text if size(text) <= _LONGEST else f"{cut(text, _LONGEST)[0]}\n…"


def _no_answer(failure: Failure) -> list[Block]:
    """What went wrong, and what to do."""
    why = failure.kind if failure.by_provider else sentence(BotError(failure.kind, **failure.values))
    said = section(texts.no_answer(quoted(why, 300)))
    if failure.code is None:
        return [said]
    return [said, context(explain_no_answer(JobError(failure.code or None, failure.kind)))]


def _figures(answer: ModelAnswer | None) -> list[Block]:
    """Latency, tokens, cost."""
    if answer is None or answer.failure is not None:
        return []
    figures = [texts.first_token(answer.first_token)] if answer.first_token is not None else []
    figures.append(texts.total(answer.seconds))
    if answer.usage is not None:
        figures.append(texts.tokens(answer.usage.prompt_tokens, answer.usage.completion_tokens))
        figures.append(exact_money(answer.cost_usd))
    return [context(" · ".join(figures))]


def _rankings(rankings: Sequence[Ranking]) -> list[Block]:
    if not rankings:
        return [section(texts.nobody_voted()), context(what_votes_show())]
    blocks: list[Block] = []
    for ranking in rankings:
        lines = [bold(texts.strength_title())]
        for place, standing in enumerate(ranking.standings, 1):
            lines.append(
                texts.strength(
                    place,
                    bold(named(standing.model)),
                    percent(standing.strength, 0),
                    _interval(standing.interval),
                    standing.wins,
                    standing.losses,
                    standing.ties,
                )
            )
        if won := _won(ranking):
            blocks.append(section(won))
        blocks.append(section("\n".join(lines)))
        notes = [texts.strength_is(), texts.votes_counted(ranking.votes, ranking.voters, ranking.ties, ranking.bad)]
        if ranking.agreement is not None:
            notes.append(texts.agreement(f"{ranking.agreement.alpha:.2f}", ranking.agreement.pairs))
        blocks.append(context("\n".join(notes)))
    return [*blocks, context(what_votes_show())]


def _won(ranking: Ranking) -> str:
    rate = ranking.win_rate
    if rate is None:
        return ""
    low, high = percent(rate.interval.low, 0), percent(rate.interval.high, 0)
    said = texts.won(named(rate.model), rate.wins, rate.decided, bold(percent(rate.rate, 0)), low, high)
    return f"{said}\n{texts.is_clear(named(rate.model)) if rate.is_clear else texts.is_not_clear()}"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return texts.no_interval()
    return texts.interval(percent(interval.low, 0), percent(interval.high, 0))
