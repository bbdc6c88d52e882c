"""What can be trained besides chats: preferences, completions, classes; and going on after an interruption.

What takes seconds to import is imported in the tests: each process of the suite reads this module, and one runs it.
"""

import ast
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.trainer_process import some_examples, some_pairs
from tests.training_runs import figures, run_training
from trainer.errors import TrainingFailed
from trainer.training.plan import Plan, requested_rank

COMPLETIONS = [{"prompt": f"{number} and one is", "completion": f" {number + 1}"} for number in range(12)]
CLASSES = [{"prompt": f"Is {'a' * number} odd?", "completion": " yes" if number % 2 else " no"} for number in range(15)]
pytestmark = pytest.mark.usefixtures("frozen")


def run(plan: Plan, examples: list[Any], **changes: Any) -> list[dict[str, Any]]:
    """The examples are held back, too."""
    return run_training(plan, examples, examples, **changes)


@pytest.mark.parametrize(
    ("method", "examples", "rank"),
    [("supervised", some_examples(), 16), ("dpo", some_pairs(), 16), ("supervised", some_examples(), 0)],
    ids=["supervised", "dpo", "all weights"],
)
def test_a_job_that_was_cut_off_ends_with_the_figures_of_one_that_was_not(
    plan: Plan, tmp_path: Path, method: Any, examples: list[Any], rank: int
) -> None:
    plan = msgspec.structs.replace(plan, lora_rank=rank)
    whole = run(plan, examples, method=method, output=str(tmp_path / "w"), state=str(tmp_path / "ws"))
    # In the middle of the second epoch.
    first = run(plan, examples, method=method, pause_at=8)
    assert first[-1]["kind"] == "stopped"
    second = run(plan, examples, method=method)
    assert second[0]["resumed_at"] == 9
    assert figures(first) | figures(second) == figures(whole)
    assert second[-1]["checkpoints"] == whole[-1]["checkpoints"]
    assert figures(whole)[18]["elapsed_tokens"] == whole[-1]["trained_tokens"]


def test_preferences_raise_what_is_preferred_over_what_is_not(plan: Plan) -> None:
    said = run(plan, some_pairs(), method="dpo", learning_rate_multiplier=1.0)
    measured = figures(said)
    # Before anything is learned, nobody is preferred: ln 2.
    assert measured[1]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert measured[18]["full_valid_loss"] < 0.3
    assert measured[18]["full_valid_reward_accuracy"] == 1
    assert measured[18]["train_reward_margin"] > 0
    assert 0 < measured[6]["full_valid_reward_margin"] < measured[18]["full_valid_reward_margin"]
    assert said[0]["beta"] == 0.1


def test_preferences_after_fine_tuning_are_compared_with_the_fine_tuned_model(plan: Plan, tmp_path: Path) -> None:
    tuned = run(plan, some_examples(), output=str(tmp_path / "tuned"), state=str(tmp_path / "tuned-state"))
    adapter = str(tmp_path / "tuned" / tuned[-1]["checkpoints"][-1]["folder"])
    measured = figures(run(plan, some_pairs(), method="dpo", adapter=adapter))
    assert measured[1]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert measured[18]["full_valid_loss"] < measured[6]["full_valid_loss"] < 0.6931
    weights = tmp_path / "output" / "step-18"
    assert not [path for path in weights.iterdir() if path.is_dir()]  # no copy of the reference


@pytest.mark.parametrize(("method", "examples"), [("supervised", some_examples()), ("dpo", some_pairs())])
def test_all_weights_can_be_trained_and_make_a_model_of_their_own(
    plan: Plan, tmp_path: Path, method: Any, examples: list[Any]
) -> None:
    import torch

    from trainer.weights import load

    tuned = run(plan, some_examples(), output=str(tmp_path / "tuned"), state=str(tmp_path / "tuned-state"))
    adapter = str(tmp_path / "tuned" / tuned[-1]["checkpoints"][-1]["folder"])
    said = run(plan, examples, method=method, lora_rank=0, adapter=adapter)
    assert said[0]["lineage"]["settings"]["weights"] == "all"
    measured = figures(said)
    if method == "dpo":  # the reference is the model that it starts from, adapter and all
        assert measured[1]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    else:
        # It begins with what the adapter has learned.
        assert measured[1]["train_loss"] < figures(tuned)[1]["train_loss"] - 1
    assert measured[18]["full_valid_loss"] < measured[6]["full_valid_loss"]
    folder = tmp_path / "output" / "step-18"
    assert not list(folder.glob("adapter*"))
    before, after = (load(place, numbers=torch.float32).state_dict() for place in (plan.weights, str(folder)))
    # Also what no adapter reaches.
    assert not torch.equal(before["model.embed_tokens.weight"], after["model.embed_tokens.weight"])


def test_a_rank_that_is_none_is_refused_with_what_is_one(plan: Plan) -> None:
    assert requested_rank({"lora_rank": "64"}, 16) == 64
    assert requested_rank({"lora_rank": "0"}, 16) == 0
    assert requested_rank(None, 16) == 16
    for wrong in ("-1", "1000", "big", ""):
        with pytest.raises(TrainingFailed, match="from 1 to 256, or 0 for training all weights"):
            requested_rank({"lora_rank": wrong}, 16)


def test_of_a_completion_only_the_completion_is_learned(plan: Plan) -> None:
    from transformers import AutoTokenizer

    from trainer.training.data import IGNORED, Reader

    tokenizer = AutoTokenizer.from_pretrained(plan.weights)
    (tokens,) = Reader(tokenizer, "", 2048).supervised(COMPLETIONS[:1], "training_file").examples
    assert tokenizer.decode([label for label in tokens.labels if label != IGNORED]) == " 1<|im_end|>"
    assert tokenizer.decode(tokens.input_ids) == "0 and one is 1<|im_end|>"
    measured = figures(run(plan, COMPLETIONS))
    assert measured[18]["full_valid_loss"] < measured[6]["full_valid_loss"]


def test_a_file_of_classes_is_recognised_and_scored(plan: Plan) -> None:
    said = run(plan, CLASSES)
    assert said[0]["classes"] == ["no", "yes"]  # the frequent first
    last = max(figures(said))
    names = {name.removeprefix("classification/") for name in figures(said)[last] if "/" in name}
    assert names == {"accuracy", "weighted_f1_score", "precision", "recall", "f1", "auroc", "auprc"}
    assert all(0 <= figures(said)[last][f"classification/{name}"] <= 1 for name in names)
    # Between epochs nobody asks.
    assert not [name for name in figures(said)[1] if "/" in name]


def test_metadata_say_which_class_is_the_positive_one_and_are_refused_where_they_do_not_fit(plan: Plan) -> None:
    asked = {"classification_positive_class": "no", "classification_n_classes": "2", "classification_betas": "0.5,2"}
    last = figures(run(plan, CLASSES, metadata=asked, n_epochs=1))[8]
    assert {"classification/f0.5", "classification/f2"} <= set(last)
    for wrong, reason in (
        ({"classification_n_classes": "3"}, "has 2 different answers: no, yes"),
        ({"classification_positive_class": "maybe"}, "no answer in the training file is that"),
        ({"classification_n_classes": "few"}, "whole number"),
    ):
        with pytest.raises(TrainingFailed, match=reason) as caught:
            run(plan, CLASSES, metadata=wrong)
        assert caught.value.param == "metadata"


def test_chats_that_all_differ_are_no_classes(plan: Plan) -> None:
    assert run(plan, some_examples(), n_epochs=1)[0]["classes"] is None


def test_batches_hold_examples_of_like_length_in_an_order_that_seed_and_epoch_decide() -> None:
    from trainer.training.order import Order

    lengths = [1 + (7919 * number) % 400 for number in range(401)]
    order = Order(lengths, 4, seed=1)
    first = list(order)
    assert sorted(first) == list(range(401))
    assert list(Order(lengths, 4, seed=1)) == first
    assert list(Order(lengths, 4, seed=2)) != first
    order.set_epoch(1)
    assert list(order) != first

    def padding(indexes: list[int]) -> int:
        batches = [indexes[at : at + 4] for at in range(0, len(indexes), 4)]
        return sum(max(lengths[one] for one in batch) * len(batch) for batch in batches) - sum(lengths)

    assert padding(first) < padding(list(range(401))) / 4


LONG_AND_SHORT = [
    {"prompt": f"Count to {number}:", "completion": "".join(f" {one}" for one in range(number))}
    for number in (1, 30, 3, 25, 60, 2, 9, 40, 5, 5, 70, 12)
]


def test_trl_still_calls_the_private_function_that_training_replaces() -> None:
    import trl.trainer.utils

    from trainer.training.trainers import _only_what_is_learned

    # Without it each step computes the whole vocabulary at every position again, and nothing says so.
    calls = [
        node.func for node in ast.walk(ast.parse(inspect.getsource(trl.trainer.utils))) if isinstance(node, ast.Call)
    ]
    assert "_use_triton" in {function.id for function in calls if isinstance(function, ast.Name)}
    assert trl.trainer.utils._use_triton is _only_what_is_learned


def test_the_vocabulary_is_computed_only_where_something_is_learned(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    import trl.trainer.utils

    from trainer.training import run as training
    from trainer.weights import load

    # In bf16 the last digits would depend on how many positions are computed at once.
    monkeypatch.setattr(training, "load", lambda weights, **how: load(weights, **how | {"numbers": torch.float32}))
    computed: list[int] = []
    apply = trl.trainer.utils._ChunkedLogProbFunction.apply

    def noted(hidden: Any, *arguments: Any) -> Any:
        computed.append(len(hidden))
        return apply(hidden, *arguments)

    monkeypatch.setattr(trl.trainer.utils, "_ChunkedLogProbFunction", SimpleNamespace(apply=noted))
    sparingly = figures(run(plan, COMPLETIONS, n_epochs=2))
    few = sum(computed)
    computed.clear()
    monkeypatch.setattr(trl.trainer.utils, "_use_triton", lambda _device: False)
    everywhere = figures(run(plan, COMPLETIONS, n_epochs=2))
    assert few < sum(computed) / 2
    for step, alone in everywhere.items():
        assert sparingly[step] == pytest.approx(alone, abs=2e-4)


def test_examples_in_one_row_are_blind_to_each_other(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from trainer.training import run as training
    from trainer.weights import load

    # In bf16 the last digits would depend on what stands beside.
    monkeypatch.setattr(training, "load", lambda weights, **how: load(weights, **how | {"numbers": torch.float32}))

    def trained(much_padding: float) -> list[dict[str, Any]]:
        monkeypatch.setattr(training, "MUCH_PADDING", much_padding)
        return run(plan, LONG_AND_SHORT, batch_size=4, n_epochs=4, learning_rate_multiplier=2)

    in_one_row, side_by_side = figures(trained(0)), figures(trained(1))
    assert len(in_one_row) == 12
    # What each step learns shows in the losses of the next ones.
    for step, alone in side_by_side.items():
        assert in_one_row[step] == pytest.approx(alone, abs=2e-4)
    assert side_by_side[12]["train_loss"] < side_by_side[1]["train_loss"] - 0.5


def test_padding_is_the_share_that_is_computed_for_nothing() -> None:
    from trainer.training.order import Order

    lengths = [10, 40, 10, 40]
    assert Order(lengths, 1, seed=1).padding(1) == 0
    assert Order(lengths, 4, seed=1).padding(4) == pytest.approx(60 / 160)
    assert Order(lengths, 4, seed=1).padding(2) == 0  # like lengths beside each other
