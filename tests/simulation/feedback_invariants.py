"""What must hold of feedback after any history of conversations, once everything has come to rest."""

import collections
from collections.abc import Iterable
from typing import Any

import msgspec

from bot.collections.collection import Example
from bot.conversations.conversation import Turn
from tests.simulation.feedback import CHANNEL, GUEST, Correction, Thumb
from tests.simulation.slack import BOT
from tests.simulation.talk import TalkWorld, last_question

About = tuple[str, str]
_BOTH = ["correction", "preference"]


def violations(world: TalkWorld) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    inbox = dict(world.store.execute("SELECT key, state FROM inbox").fetchall())
    untaken = [line for line in world.trace if "nobody takes this" in line]
    return [*untaken, *_ratings(world, inbox), *_corrections(world, inbox), *_nothing_of_a_guest(world)]


def _ratings(world: TalkWorld, inbox: dict[str, str]) -> Iterable[str]:
    """Each person's last press holds; the same thumb again withdraws it."""
    rows = world.store.execute("SELECT user_id, conversation_id, asked_ts, good, why FROM ratings").fetchall()
    kept = {(user, (conversation_id, ts)): (good, why) for user, conversation_id, ts, good, why in rows}
    pressed: dict[tuple[str, About], list[Thumb]] = collections.defaultdict(list)
    for thumb in sorted(world.feedback.thumbs, key=lambda one: one.at):
        if thumb.key in inbox and thumb.user != GUEST:
            pressed[thumb.user, thumb.about].append(thumb)
    # What was wrong is timed by the bot's clock, as it comes: a thumb within the same tenth of a second may be earlier.
    received = dict(world.store.execute("SELECT key, received_at FROM inbox").fetchall())
    for whose in kept.keys() - pressed.keys():
        yield f"{whose} never pressed a thumb, and has a rating"
    for whose, thumbs in pressed.items():
        good, why = kept.get(whose, (None, None))
        as_heard = sorted(thumbs, key=lambda one: received[one.key] if one.explains else one.at)
        if good not in _allowed(thumbs, inbox) | _allowed(as_heard, inbox):
            yield f"{whose} pressed {[(one.good, inbox[one.key]) for one in thumbs]}, and {good} is kept"
        if why is not None and (good != 0 or not any(one.explains for one in thumbs)):
            yield f"what was wrong is kept beside the rating {good} of {whose}"
        last = thumbs[-1]
        if last.explains and last is as_heard[-1] and inbox[last.key] == "done" and why is None:
            yield f"what {whose} says was wrong is lost"


def _allowed(thumbs: list[Thumb], inbox: dict[str, str]) -> set[int | None]:
    """What may be kept. A press that failed may have been carried out, and an earlier one that came later changes
    nothing."""
    last = thumbs[-1]
    if inbox[last.key] != "done":
        return {None, *(int(one.good) for one in thumbs)}
    if last.explains:
        return {0}
    if last.settled:
        return {None if last.before is last.good else int(last.good)}
    withdrawn = any(one.good is last.good for one in thumbs[:-1])
    return {int(last.good), *([None] if withdrawn else [])}


def _corrections(world: TalkWorld, inbox: dict[str, str]) -> Iterable[str]:
    """Of each person's last correction there is one example and one pair; the conversation goes on from the last of
    all; and its thread was told of each once."""
    examples = [msgspec.json.decode(row[0], type=Example) for row in world.store.execute("SELECT value FROM examples")]
    received = dict(world.store.execute("SELECT key, received_at FROM inbox").fetchall())
    sent = sorted((one for one in world.feedback.corrections if one.key in inbox), key=lambda one: received[one.key])
    by_person: dict[tuple[str, About], list[Correction]] = collections.defaultdict(list)
    by_answer: dict[About, list[Correction]] = collections.defaultdict(list)
    for one in sent:
        if one.user != GUEST:
            by_person[one.user, one.about].append(one)
            by_answer[one.about].append(one)
    told = collections.Counter(_mark(message) for message in world.slack.messages.get(CHANNEL, []))
    for one in sent:
        times = told[f"{one.key}/corrected"]
        if times > 1 or (inbox[one.key] == "done" and times != 1):
            yield f"{one} was told {times} times"
    for whose, corrections in by_person.items():
        texts = {one.text for one in corrections}
        kept = [example for example in examples if _text(example) in texts]
        origins = sorted(example.origin for example in kept)
        if not any(inbox[one.key] == "done" for one in corrections) and not kept:
            continue
        if origins != _BOTH:
            yield f"the corrections of {whose} are kept as {origins}"
        if not {_text(example) for example in kept} <= _last(corrections, inbox):
            yield f"{whose} sent {corrections}, and {kept} are kept"
        if any(example.added_by != whose[0] for example in kept):
            yield f"an example of {whose} is somebody else's"
    known = {one.text for one in sent}
    yield from (f"nobody sent {example}" for example in examples if _text(example) not in known)
    for about, corrections in by_answer.items():
        yield from _goes_on(world, about, corrections, inbox, examples)


def _goes_on(
    world: TalkWorld, about: About, corrections: list[Correction], inbox: dict[str, str], examples: list[Example]
) -> Iterable[str]:
    row = world.store.execute(
        "SELECT value FROM turns WHERE conversation_id = ? AND ts = ? AND role = 'assistant'", about
    ).fetchone()
    turn = msgspec.json.decode(row[0], type=Turn)
    allowed = _last(corrections, inbox)
    if not any(inbox[one.key] == "done" for one in corrections):
        allowed |= {turn.content}
    if turn.content not in allowed:
        yield f"the conversation goes on from {turn.content!r}, not from one of {allowed}"
    if turn.original and sorted(one.origin for one in examples if _text(one) == turn.content) != _BOTH:
        yield f"the conversation goes on from {turn.content!r}, of which there are no two examples"
    (conversation,) = [one for one in world.conversations if one.id == about[0]]
    prompt = world.provider.prompts.get(last_question(conversation), [])
    given = [message["content"] for message in prompt if message["role"] == "assistant"]
    if prompt and (turn.content not in given or (turn.original and turn.original in given)):
        yield f"the model was given {given}, where {turn.content!r} holds"
    for example in examples:
        pair = msgspec.json.decode(example.line)
        of_this = example.origin == "preference" and _text(example) in {one.text for one in corrections}
        if of_this and pair["non_preferred_output"][0]["content"] != turn.original:
            yield f"{pair['non_preferred_output']} is not what the model said"


def _last(corrections: list[Correction], inbox: dict[str, str]) -> set[str]:
    """The texts that may hold: that of the last one that was taken to its end, and of later ones that may have been."""
    done = [number for number, one in enumerate(corrections) if inbox[one.key] == "done"]
    return {one.text for one in corrections[done[-1] if done else 0 :]}


def _nothing_of_a_guest(world: TalkWorld) -> Iterable[str]:
    for table, column in (("ratings", "user_id"), ("example_people", "user_id")):
        if world.store.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", [GUEST]).fetchone():
            yield f"{table} holds something of a guest's"
    edited = world.store.execute("SELECT value FROM turns WHERE json_extract(value, '$.edited_by') = ?", [GUEST])
    yield from (f"a guest edited {value}" for (value,) in edited)
    for message in world.slack.messages.get(CHANNEL, []):
        if message["user"] == BOT and GUEST in message["text"]:
            yield f"a guest is told of: {message['text']!r}"


def _text(example: Example) -> str:
    """The right answer in it."""
    line: dict[str, Any] = msgspec.json.decode(example.line)
    messages = line.get("preferred_output") or line["messages"]
    return str(messages[-1]["content"])


def _mark(message: dict[str, Any]) -> str:
    return str((message["metadata"].get("event_payload") or {}).get("id") or "")
