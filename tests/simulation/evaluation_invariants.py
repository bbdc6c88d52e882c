"""What must hold after any history of evaluations, once everything has come to rest."""

import collections

import msgspec

from bot.evaluations.evaluation import Evaluation
from bot.evaluations.pace import MOST
from bot.evaluations.result import Result
from bot.evaluations.run import RunState
from tests.simulation.evaluation import DEAREST, ITEMS, MODELS, EvaluationWorld, id_of
from tests.simulation.slack import BOT


def violations(world: EvaluationWorld) -> list[str]:
    """Sentences on what is wrong; none if all is well."""
    rows = world.store.execute("SELECT value, result FROM evaluations").fetchall()
    known = {one.id: (one, result) for value, result in rows for one in [msgspec.json.decode(value, type=Evaluation)]}
    found = [*world.surprises]
    for act in world.acts:
        if act.kind == "start" and id_of(act.key) not in known and world.budget is None:
            found.append(f"{act.key} was started and forgotten")
    for one, result in known.values():
        found += _told_once(world, one)
        found += _counted(world, one, result)
    return found + _kept_once(world) + _within_budget(world)


def _told_once(world: EvaluationWorld, evaluation: Evaluation) -> list[str]:
    """One card, one result of what has finished, and no result of anything else."""
    marks = collections.Counter(
        str((message["metadata"].get("event_payload") or {}).get("id") or "")
        for message in world.slack.messages.get(evaluation.channel, [])
        if message["user"] == BOT
    )
    (ever,) = world.store.execute("SELECT result IS NOT NULL FROM evaluations WHERE id = ?", [evaluation.id]).fetchone()
    wanted = {"card": 1, "result": int(ever)}
    if ever and evaluation.state is not RunState.FINISHED:  # it may have gone on before that was told
        wanted["result"] = min(1, marks[f"{evaluation.id}/result"])
    return [
        f"the {what} of {evaluation.id} was said {marks[f'{evaluation.id}/{what}']} times, not {times}"
        for what, times in wanted.items()
        if marks[f"{evaluation.id}/{what}"] != times
    ]


def _counted(world: EvaluationWorld, evaluation: Evaluation, result: str | None) -> list[str]:
    """Every answer is a score, a failure that the provider is to blame for, or still to be asked."""
    failed = [
        why
        for (why,) in world.store.execute(
            "SELECT why FROM evaluation_answers WHERE evaluation_id = ? AND key IS NULL", [evaluation.id]
        )
    ]
    (answered,) = world.store.execute(
        "SELECT count(*) FROM evaluation_answers WHERE evaluation_id = ? AND key IS NOT NULL", [evaluation.id]
    ).fetchone()
    found = [f"{evaluation.id} holds trouble of the store for a failure" for why in failed if "database" in why]
    if evaluation.state is not RunState.FINISHED:
        return found
    if answered + len(failed) != evaluation.n * len(MODELS):
        found.append(f"{evaluation.id} has finished with {answered} answers and {len(failed)} failures")
    told = None if result is None else msgspec.json.decode(result, type=Result)
    if told is None or sum(one.estimate.n for one in told.scores) != answered:
        found.append(f"the result of {evaluation.id} is not that of its {answered} answers")
    return found


def _kept_once(world: EvaluationWorld) -> list[str]:
    """An answer is kept once, with what it used where the provider came to tell that."""
    (kept,) = world.store.execute("SELECT count(*) FROM model_answers").fetchone()
    (used,) = world.store.execute("SELECT count(*) FROM model_use").fetchone()
    found = [] if used <= kept else [f"{kept} answers are kept, and {used} are paid for"]
    return found if kept <= len(MODELS) * ITEMS else [*found, f"{kept} answers are kept"]


def _within_budget(world: EvaluationWorld) -> list[str]:
    """But for what was under way when it was used up."""
    if world.budget is None or world.spent(world.wall()) <= world.budget + MOST * DEAREST:
        return []
    return [f"{world.spent(world.wall()):.6f} dollars were spent of {world.budget:.6f}"]
