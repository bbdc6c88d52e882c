"""What must hold after any history, once everything has come to rest."""

import collections

import msgspec
import orjson

from bot.jobs import states
from bot.jobs.job import Job
from bot.jobs.notice import Notice
from handlers.blocks.card import card as render_card
from tests.simulation.history import JobWorld
from tests.simulation.world import PROVIDER
from tests.store_reading import assessment_in


def violations(world: JobWorld) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    stored = world.store.execute("SELECT value FROM jobs WHERE provider = ?", [PROVIDER])
    jobs = [msgspec.json.decode(row[0], type=Job) for row in stored]
    found = [*world.surprises]
    checks = (
        *(_created_once, _uploaded_once, _decided_once, _nothing_missed),
        *(_said_once, _in_order, _cards, _uncertain_rightly),
    )
    for check in checks:
        found += check(world, jobs)
    return found


def _created_once(world: JobWorld, jobs: list[Job]) -> list[str]:
    """A person may take the risk of a second job; the bot never does."""
    created = collections.Counter(world.provider.created_for)
    found = [f"{job} was created {n} times" for job, n in created.items() if n > 1 and job not in world.resubmitted]
    for job in jobs:
        theirs = job.provider_job_id
        if theirs and world.provider.submission_of[theirs] != job.id:
            found.append(f"{job.id} took over {theirs}, which is another's")
        given_up = job.error is not None and job.error.code == "restored"
        if not theirs and job.id in created and job.state not in {states.UNCERTAIN, states.CANCELLED} and not given_up:
            found.append(f"{job.id} was created and is {job.state} without knowing it")
    if world.restored:  # to a moment when some jobs had not been submitted
        return found
    submitted = {act.job.id for act in world.acts if act.kind == "submit"}
    submitted -= world.over_budget | world.twins
    return found + [f"{lost} was submitted and forgotten" for lost in submitted - {job.id for job in jobs}]


def _uploaded_once(world: JobWorld, jobs: list[Job]) -> list[str]:
    names = collections.Counter(world.provider.files.values())
    return [f"{name} was uploaded {n} times" for name, n in names.items() if n > 1]


def _decided_once(world: JobWorld, jobs: list[Job]) -> list[str]:
    """Of two people who answer at the same time one is heard, and the job goes that way."""
    acts = collections.defaultdict(set)
    for job_id, act in world.store.execute("SELECT thing, act FROM audit WHERE act IN ('approve', 'decline')"):
        acts[job_id].add(act)
    found = []
    for job in jobs:
        if job.approval is None or job.approval.approved is None:
            continue
        decision = "approve" if job.approval.approved else "decline"
        if acts[job.id] != {decision} or (decision == "decline" and job.state != states.CANCELLED):
            found.append(f"{job.id} is {job.state}, and was decided as {sorted(acts[job.id])}")
    return found


def _nothing_missed(world: JobWorld, jobs: list[Job]) -> list[str]:
    """Everything that the provider told is stored, and what matters was made a notice."""
    found = []
    decided = {row[0] for row in world.store.execute("SELECT id FROM notices")}
    for job in jobs:
        expected = {f"{job.id}/{job.state}"} if job.state in states.ENDED else set()
        theirs = job.provider_job_id
        if theirs:
            remote = world.provider.jobs[theirs]
            if remote["status"] != job.state:
                found.append(f"{job.id} is {job.state}, at the provider {remote['status']}")
            stored = {row[0] for row in world.store.execute("SELECT id FROM events WHERE job_id = ?", [job.id])}
            told = world.provider.events[theirs]
            found += [f"event {e['id']} of {job.id} was missed" for e in told if e["id"] not in stored]
            steps = {row[0] for row in world.store.execute("SELECT step FROM metrics WHERE job_id = ?", [job.id])}
            if steps != {e["data"]["step"] for e in told if e["type"] == "metrics"}:
                found.append(f"figures of {job.id} were missed")
            if job.group is None:  # of the others the group's card tells
                expected |= {f"{job.id}/accepted"}
                expected |= {f"{job.id}/event/{e['id']}" for e in told if e["level"] == "warn"}
                expected |= {f"{job.id}/checkpoint/{c['id']}" for c in world.provider.checkpoints[theirs]}
        found += [f"nobody was to be told {missing}" for missing in sorted(expected - decided)]
    return found


def _said_once(world: JobWorld, jobs: list[Job]) -> list[str]:
    """Each notice stands in Slack: at least once, and only once where the thread can be read."""
    found = []
    said = collections.Counter(
        (channel, _mark(message)) for channel, m in world.slack.messages.items() for message in m
    )
    for notice_id, state, value in world.store.execute("SELECT id, state, value FROM notices").fetchall():
        channel = msgspec.json.decode(value, type=Notice).channel
        times = said[channel, notice_id]
        closed = channel in world.slack.archived
        if state == "posted" and times == 0:
            found.append(f"{notice_id} was never said")
        if state == "given_up" and not closed and not _card_given_up(world, notice_id):
            found.append(f"{notice_id} was given up, though its channel is open")
        if times > 1 and not closed and channel not in world.slack.unreadable and not channel.startswith("U"):
            found.append(f"{notice_id} was said {times} times")
    if not world.slack.archived:
        return found
    for job in jobs:
        if job.group is not None:  # how all of it ended is what others hear
            continue
        ended_in_vain = any(
            state == "given_up"
            for (state,) in world.store.execute("SELECT state FROM notices WHERE id = ?", [f"{job.id}/{job.state}"])
        )
        if ended_in_vain and not said[job.requester, f"{job.id}/{job.state}/direct"]:
            found.append(f"the end of {job.id} reached nobody")
    return found


def _card_given_up(world: JobWorld, notice_id: str) -> bool:
    job_id = notice_id.split("/")[0]
    row = world.store.execute("SELECT channel FROM cards WHERE job_id = ?", [job_id]).fetchone()
    return row is not None and row[0] in world.slack.archived


def _in_order(world: JobWorld, jobs: list[Job]) -> list[str]:
    """In each thread what was decided first stands first. What was said twice counts by its first time."""
    if world.restored:  # what was said after the backup is decided anew, from news that come in other portions
        return []
    found = []
    threads: dict[str, list[str]] = collections.defaultdict(list)
    for notice_id, thread in world.store.execute("SELECT id, thread FROM notices ORDER BY seq"):
        threads[thread].append(notice_id)
    for channel, messages in world.slack.messages.items():
        place = {}
        for number, message in enumerate(messages):
            place.setdefault(_mark(message), number)
        for thread, decided in threads.items():
            if not thread.startswith(f"{channel}/"):
                continue
            seen = [place[notice_id] for notice_id in decided if notice_id in place]
            if seen != sorted(seen):
                found.append(f"the notices in {thread} stand in another order")
    return found


def _cards(world: JobWorld, jobs: list[Job]) -> list[str]:
    """One card a job, and it shows how things are."""
    found = []
    for job in jobs:
        channel = job.origin.channel
        if channel in world.slack.archived:
            continue
        cards = [m for m in world.slack.messages.get(channel, []) if _mark(m) == f"card/{job.id}"]
        if len(cards) != 1 and not (channel in world.slack.unreadable and cards):
            found.append(f"{job.id} has {len(cards)} cards")
            continue
        (ts,) = world.store.execute("SELECT ts FROM cards WHERE job_id = ?", [job.id]).fetchone()
        shown = next((card for card in cards if card["ts"] == ts), {"text": "nothing", "blocks": None})
        assessment = assessment_in(lambda sql, *values: world.store.execute(sql, values), job)
        wanted = orjson.loads(orjson.dumps(render_card(job, assessment, now=world.wall()).as_arguments()))
        if shown["text"] != wanted["text"] or shown["blocks"] != wanted["blocks"]:
            found.append(f"the card of {job.id} shows {shown['text']}, not {wanted['text']}")
    return found


def _uncertain_rightly(world: JobWorld, jobs: list[Job]) -> list[str]:
    """Uncertain is only what nobody can know: no look-up that was answered showed the job."""
    found = []
    for job in jobs:
        if job.state != states.UNCERTAIN:
            continue
        ids = {theirs for theirs, ours in world.provider.submission_of.items() if ours == job.id}
        if any(ours == job.id and ids & listed for ours, listed in world.provider.shown_to_look_ups):
            found.append(f"{job.id} is uncertain, though the provider had shown it when it was looked up")
    return found


def _mark(message: dict[str, object]) -> str:
    metadata = message["metadata"]
    assert isinstance(metadata, dict)
    return str((metadata.get("event_payload") or {}).get("id"))
