"""What must hold in `soak.py` once all has come to rest: nothing was lost, and nothing was said or done twice."""

from collections import Counter

import msgspec

from benchmarks.soak_people import Seen, address
from benchmarks.soak_world import SoakWorld
from bot.jobs import states
from bot.jobs.job import Job


def unrest(world: SoakWorld) -> list[str]:
    """What is still to be done, by what the store holds."""
    ended = ", ".join(f"'{state}'" for state in (*states.ENDED, states.UNCERTAIN))
    questions = {
        "the inbox": "SELECT key FROM inbox WHERE state = 'pending'",
        "the outbox": "SELECT id FROM notices WHERE state NOT IN ('posted', 'given_up')",
        "cards": "SELECT job_id FROM cards WHERE dirty = 1",
        "jobs": f"SELECT id FROM jobs WHERE state NOT IN ({ended})",
        "evaluations": "SELECT id FROM evaluations WHERE state NOT IN ('finished', 'cancelled')",
        "answers": "SELECT asked_ts FROM open_answers",
    }
    rows = {where: world.store.execute(asked).fetchall() for where, asked in questions.items()}
    return [f"{where}: {row[0]}" for where, found in rows.items() for row in found]


def violations(world: SoakWorld, seen: Seen) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    world.slack.forget(float("inf"))
    said = Counter(dict(world.slack.ledger.execute("SELECT mark, count(*) FROM said GROUP BY mark")))
    found = [*world.surprises, *seen.in_vain, *unrest(world)]
    found += [f"{key} was said {n} times" for key, n in said.items() if key and n > 1]
    found += [f"{key} never ended" for (key,) in world.slack.ledger.execute("SELECT mark FROM said WHERE ended = 0")]
    found += _unanswered(world, said)
    for notice, state in world.store.execute("SELECT id, state FROM notices"):
        if state != "posted" or said[notice] != 1:
            found.append(f"the notice {notice} is {state}, and was said {said[notice]} times")
    jobs = [msgspec.json.decode(value, type=Job) for (value,) in world.store.execute("SELECT value FROM jobs")]
    for job in jobs:
        if job.group is None and job.state in states.ENDED and not said[f"{job.id}/{job.state}"]:
            found.append(f"nobody was told that {job.id} is {job.state}")
    created = world.slack.ledger.execute("SELECT job, count(*) FROM created GROUP BY job HAVING count(*) > 1")
    return found + [f"{job} was created {n} times" for job, n in created]


def _unanswered(world: SoakWorld, said: Counter[str]) -> list[str]:
    """A command is answered to somebody alone, a message in its thread; a comparison names no command."""
    begun = {key.rpartition("/answer/")[0] or key.rpartition("/")[0] for key in said}
    told = {key for (key,) in world.slack.ledger.execute("SELECT address FROM answered")}
    done = dict(world.store.execute("SELECT key, state FROM inbox").fetchall())
    found, compared = [], 0
    for key, text, certain in world.slack.ledger.execute("SELECT * FROM asked"):
        if done.get(key) not in {"done", "failed"}:
            found.append(f"{key} ({text}) is {done.get(key)}")
        elif key not in begun and address(key) not in told:
            if done[key] == "done" and text.startswith("compare "):
                compared += 1
            elif certain:
                found.append(f"{key} ({text}) was not answered")
    (there,) = world.store.execute("SELECT count(*) FROM comparisons").fetchone()
    if compared > there:
        found.append(f"of {compared} comparisons there are {there}")
    answered = "(SELECT count(*) FROM comparison_answers WHERE comparison_id = id)"
    found += [
        f"{key} was not answered" for (key,) in world.store.execute(f"SELECT id FROM comparisons WHERE {answered} < 2")
    ]
    return found
