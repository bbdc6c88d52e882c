"""What must hold after any history of conversations, once everything has come to rest."""

import collections
from typing import Any

import msgspec

from bot.access import Action
from bot.compare.comparison import Comparison
from bot.conversations.conversation import BROKEN, Turn
from tests.simulation import feedback_invariants
from tests.simulation.slack import BOT
from tests.simulation.talk import CHANNEL, Question, TalkWorld


def violations(world: TalkWorld) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    found = [*world.surprises]
    turns = [msgspec.json.decode(row[0], type=Turn) for row in world.store.execute("SELECT value FROM turns")]
    for question in world.questions:
        found += _answered_once(world, question, [turn for turn in turns if turn.message_ts == question.ts])
    found += _nothing_else(world)
    if world.among is not None:
        found += _in_turn(world)
    found += feedback_invariants.violations(world)
    return found + _counted(world, turns) + (_arena(world) if world.arena else [])


def _arena(world: TalkWorld) -> list[str]:
    """It is opened once, and everybody's last vote counts once; or people hear why not."""
    comparisons = [
        msgspec.json.decode(row[0], type=Comparison) for row in world.store.execute("SELECT value FROM comparisons")
    ]
    marks = collections.Counter(map(_mark, _of_bot(world)))
    if not comparisons:
        told = any(mark.startswith(f"app_mention/{CHANNEL}/{world.arena_ts}/") for mark in marks)
        return [] if told else ["the arena was lost"]
    (arena, *more), found = comparisons, []
    if more:
        found.append(f"the arena was opened {len(more) + 1} times")
    messages = world.store.execute("SELECT key, ts, shown FROM shown_messages").fetchall()
    for key, ts, shown in messages:
        if ts is None or shown is None or marks[f"{arena.id}/{key}"] != 1:
            found.append(f"the message {key} of the arena shows {shown}")
    votes = dict(world.store.execute("SELECT voter, choice FROM comparison_votes").fetchall())
    changes = collections.Counter(
        actor for (actor,) in world.store.execute("SELECT actor FROM audit WHERE act = ?", [Action.VOTE])
    )
    is_revealed = arena.arena is not None and arena.arena.revealed_at is not None
    for user in ("U1", "U2"):
        tried = sorted((one for one in world.presses if one.user == user and one.tried), key=lambda one: one.at)
        taken = [press.choice for press in tried if press.taken]
        if taken and not is_revealed and votes.get(user) != taken[-1]:
            found.append(f"{user} voted {taken}, and {votes.get(user)} counts")
        if user in votes and votes[user] not in [press.choice for press in tried]:
            found.append(f"{user} never voted {votes[user]}")
        if changes[user] > len(tried):
            found.append(f"{user} voted {len(tried)} times, and {changes[user]} changes are told")
    if is_revealed and len(votes) < 2:
        found.append("the names were revealed too early")
    return found


def _answered_once(world: TalkWorld, question: Question, turns: list[Turn]) -> list[str]:
    """One answer is kept, one that the model gave, and it is what can be read; or people hear why there is none."""
    if _is_given_up(world, question):
        return []
    roles = collections.Counter(turn.role for turn in turns)
    shown = [message for message in _of_bot(world) if _mark(message).startswith(f"{question.key}/answer/")]
    turn = next((turn for turn in turns if turn.role == "assistant"), None)
    answer = None if turn is None else turn.original or turn.content
    found = [f"{question.text} has {n} turns of {role}" for role, n in roles.items() if n > 1]
    if answer is None:
        told = any(_mark(message).startswith(f"{question.key}/") for message in _of_bot(world))
        if shown:
            found.append(f"{question.text} shows an answer that is not kept")
        return found if told or shown else [*found, f"{question.text} was lost"]
    given = world.provider.answers[question.text]
    broken = any(turn.finish_reason == BROKEN for turn in turns)
    if not any(one.startswith(answer) if broken else one == answer for one in given):
        found.append(f"the answer to {question.text} is none that the model gave")
    marks = [_mark(message) for message in shown]
    if marks != [f"{question.key}/answer/{number}" for number in range(len(shown))]:
        found.append(f"the answer to {question.text} stands in {marks}")
    # Whose end was not known to be shown is shown again after a crash, corrected by then.
    corrected = [one.text for one in world.feedback.corrections if one.about[1] == question.ts]
    if _words("".join(_text(message) for message in shown)) not in [_words(text) for text in (answer, *corrected)]:
        found.append(f"the answer to {question.text} is shown as {[_text(message) for message in shown]}")
    return found


def _in_turn(world: TalkWorld) -> list[str]:
    """In a thread whoever was stored first is answered first, whichever process hears them."""
    rows = world.store.execute("SELECT key, thread FROM inbox WHERE thread IS NOT NULL ORDER BY seq").fetchall()
    begun = [_mark(message) for message in _of_bot(world) if _mark(message).endswith("/answer/0")]
    found = []
    for thread in {thread for _, thread in rows}:
        heard = [f"{key}/answer/0" for key, one in rows if one == thread and f"{key}/answer/0" in begun]
        answered = sorted(heard, key=begun.index)
        if heard != answered:
            found.append(f"in {thread} {heard} were answered as {answered}")
    return found


def _nothing_else(world: TalkWorld) -> list[str]:
    """Whatever the bot says, it says to something that was said, and to its end. Where it gave up a question on which
    it was killed each time, what it had begun stays as it was."""
    keys = ("cmp-", f"app_mention/{CHANNEL}/{world.arena_ts}/", *(f"{one.key}/" for one in world.questions))
    keys += tuple(f"{key}/" for key in world.feedback.keys)
    messages = _of_bot(world)
    if any(_is_given_up(world, question) for question in world.questions):
        return []
    opened = world.store.execute("SELECT asked_ts FROM open_answers").fetchall()
    found = [f"the answer to {asked_ts} counts as not shown" for (asked_ts,) in opened]
    found += [f"{message['text']!r} belongs to nothing" for message in messages if not _mark(message).startswith(keys)]
    marks = collections.Counter(map(_mark, messages))
    found += [f"{mark} was said {times} times" for mark, times in marks.items() if mark and times > 1]
    return found + [
        f"{message['text']!r} never ended" for message in messages if message.get("streaming_state") == "in_progress"
    ]


def _is_given_up(world: TalkWorld, question: Question) -> bool:
    """The process died each time that it worked on this."""
    told = [message["text"] for message in _of_bot(world) if _mark(message).startswith(f"{question.key}/")]
    return any("I gave it up" in text for text in told)


def _counted(world: TalkWorld, turns: list[Turn]) -> list[str]:
    """What each answer used is kept with it and among what counts, and no more than the model said."""
    answers = [turn for turn in turns if turn.role == "assistant"]
    whole = [turn for turn in answers if turn.usage is not None]
    found = [f"nobody knows what the answer {turn.ts} cost" for turn in whole if turn.cost_usd is None]
    (counted,) = world.store.execute("SELECT count(*) FROM model_use").fetchone()
    given = sum(map(len, world.provider.answers.values()))
    return found if len(whole) <= counted <= given else [*found, f"{counted} answers count, of {given} given"]


def _of_bot(world: TalkWorld) -> list[dict[str, Any]]:
    """In the order of their ts."""
    return [message for message in world.slack.messages.get(CHANNEL, []) if message["user"] == BOT]


def _mark(message: dict[str, Any]) -> str:
    return str((message["metadata"].get("event_payload") or {}).get("id") or "")


def _text(message: dict[str, Any]) -> str:
    """Of an edited message with something below it, the text is in a block."""
    markdown = [block["text"] for block in message["blocks"] if block["type"] == "markdown"]
    return str(markdown[0] if markdown else message["text"])


def _words(text: str) -> list[str]:
    return text.split()
