"""Parts of training that need no job: numbers that "auto" stands for, and what stops a job reporting two steps."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trainer.errors import TrainingFailed
from trainer.training.plan import auto_batch_size, micro_batch


@pytest.mark.parametrize(("examples", "size"), [(10, 2), (100, 2), (1_500, 3), (6_500, 13), (1_000_000, 32)])
def test_auto_batch_size_grows_with_the_file(examples: int, size: int) -> None:
    assert auto_batch_size(examples) == size


@pytest.mark.parametrize(("batch", "micro"), [(1, 1), (2, 2), (8, 8), (13, 1), (20, 5), (256, 8)])
def test_a_large_batch_is_taken_in_equal_parts(batch: int, micro: int) -> None:
    assert micro_batch(batch) == micro
    assert batch % micro == 0


def test_a_loss_that_is_no_number_ends_the_job_with_what_to_change(tmp_path: Path) -> None:
    from trainer.training.reporting import ControlFlags, ReportingCallback

    sent: list[Any] = []
    reporting = ReportingCallback(
        send=sent.append,
        flags=ControlFlags(),
        output=tmp_path,
        save=lambda model, folder: None,
        examples=10,
        batch_size=2,
        total_steps=10,
        counted={"tokens": 0, "sequences": 0, "right": 0},
    )
    state: Any = SimpleNamespace(global_step=4)
    figures: Any = {"loss": float("nan"), "mean_token_accuracy": 0.0}
    nothing: Any = None
    with pytest.raises(TrainingFailed, match=r"at step 4.*smaller learning_rate_multiplier") as caught:
        reporting.on_log(nothing, state, nothing, logs=figures)
    assert caught.value.code == "loss_diverged"
    assert sent == []
