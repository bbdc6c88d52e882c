from collections.abc import Callable
from typing import Any

from bot.jobs import states
from bot.jobs.assessment import rank
from bot.jobs.job import Job, Loss
from bot.providers.protocol import Checkpoint, Metrics
from handlers.blocks.message import Message
from handlers.jobs.blocks.checkpoints import checkpoint_list

See = Callable[[Message], str]
Buttons = Callable[[Message], dict[str, dict[str, Any]]]
MakeJob = Callable[..., Job]

MADE = [Checkpoint(f"c{step}", f"ft:x:ckpt-step-{step}", step) for step in (10, 20, 30)]


def test_checkpoints_stand_by_their_validation_loss_and_the_best_says_why(make_job: MakeJob, seen: See) -> None:
    losses = {10: 1.5, 20: 1.1, 30: 1.4}
    told = [
        Metrics(step, 30, train_loss=1 / step, valid_loss=0.01, full_valid_loss=losses.get(step))
        for step in range(1, 31)
    ]
    lines = seen(checkpoint_list(make_job(), rank(make_job(), told, MADE))).splitlines()
    assert "The best first" in lines[1]
    steps = [line for line in lines if "*Step" in line]
    assert [line[line.index("*Step") :][6:8] for line in steps] == ["20", "30", "10"]
    assert steps[0].startswith("★")
    assert "*best: the lowest validation loss*" in steps[0]
    (alone,) = rank(make_job(), told, MADE[1:2])
    shown = seen(checkpoint_list(make_job(), [alone]))
    assert "training loss 0.056 (mean of 5 steps), validation loss 1.100" in shown, "of one there is no table"
    assert not any("best" in line for line in steps[1:])


def test_the_figures_of_all_checkpoints_stand_in_a_table(make_job: MakeJob) -> None:
    told = [Metrics(10, full_valid_loss=1.5, train_loss=1.0), Metrics(20, full_valid_loss=1.1), Metrics(30)]
    message = checkpoint_list(make_job(), rank(make_job(), told, MADE))
    (table,) = [block.to_dict() for block in message.blocks if block.type == "data_table"]
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert rows[0] == ["Step", "Training loss", "Validation loss"]
    assert rows[1] == ["★ 20", "1.000", "1.100"]
    assert [row[0] for row in rows[1:]] == ["★ 20", "10", "30"]


def test_without_validation_no_checkpoint_is_called_the_best(make_job: MakeJob, seen: See) -> None:
    told = [Metrics(step, 30, train_loss=1 / step) for step in range(1, 31)]
    lines = seen(checkpoint_list(make_job(), rank(make_job(), told, MADE))).splitlines()
    assert "Without a validation file nothing measures which is best" in lines[1]
    assert [line[6:8] for line in lines if line.startswith("*Step")] == ["30", "20", "10"]


def test_a_job_that_still_trains_has_none_yet_and_one_that_has_ended_has_none(make_job: MakeJob, seen: See) -> None:
    assert "has no checkpoints yet" in seen(checkpoint_list(make_job(state=states.RUNNING), []))
    assert "has no checkpoints that I know of" in seen(checkpoint_list(make_job(state=states.SUCCEEDED), []))


def test_a_checkpoint_that_is_gone_says_so_and_offers_nothing(make_job: MakeJob, seen: See, buttons: Buttons) -> None:
    job = make_job(lost_models={made.model: Loss.DELETED for made in MADE})
    message = checkpoint_list(job, rank(job, [], MADE))
    assert seen(message).count("Model deleted") == 3
    assert buttons(message) == {}


def test_a_checkpoint_goes_by_its_short_name_and_its_id_is_a_press_away(
    make_job: MakeJob, seen: See, buttons: Buttons
) -> None:
    made = Checkpoint("c1", "ft:gpt-4.1-mini:acme:house-voice:9aBc:ckpt-step-88", 88)
    message = checkpoint_list(make_job(), rank(make_job(), [], [made]))
    assert "`house-voice, step 88`" in seen(message)
    assert made.model not in seen(message)
    assert buttons(message)["model_id"]["value"] == made.model


def test_of_reinforcement_the_highest_validation_reward_is_best(make_job: MakeJob, seen: See) -> None:
    rewards = {5: 0.3, 10: 0.8, 15: 0.6}
    made = [
        Checkpoint(f"c{step}", f"ft:{step}", step, Metrics(step, full_valid_mean_reward=rewards[step]))
        for step in rewards
    ]
    ranked = rank(make_job(), [], made)
    assert [one.checkpoint.step for one in ranked] == [10, 15, 5]
    assert "highest validation reward" in seen(checkpoint_list(make_job(), ranked))
