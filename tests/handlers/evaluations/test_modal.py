"""The window in which an evaluation is put together."""

from handlers.evaluations.choice import Choice
from handlers.evaluations.modal import SAMPLES, N, State, evaluation_modal


def test_the_plan_stands_where_it_is_seen_before_what_may_stay_empty() -> None:
    view = evaluation_modal(State("C0HERE"), Choice(), names={}, files=[], graders={}, plan="What it costs").to_dict()
    shown = [block.get("block_id") or str(block.get("text")) for block in view["blocks"]]
    (plan,) = [place for place, block in enumerate(shown) if "What it costs" in block]
    assert plan < shown.index(N) < shown.index(SAMPLES)
