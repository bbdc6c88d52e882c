"""What Prometheus reads of the trainer."""

from collections.abc import AsyncGenerator, Callable

import httpx
import openai
import pytest

from tests.prometheus_samples import samples, value
from tests.trainer_process import METRICS_TOKEN, Trainer
from trainer import instruments
from trainer.serving.measured import measured
from trainer.serving.messages import Delta, End, Refused, Start, StreamEvent


def read(trainer: Trainer, key: str = METRICS_TOKEN, path: str = "/metrics") -> httpx.Response:
    return httpx.get(trainer.url.removesuffix("/v1") + path, headers={"Authorization": f"Bearer {key}"})


def test_metrics_are_for_their_token_and_admin_keys_and_the_token_is_good_for_nothing_else(
    trainer: Trainer, client: Callable[..., openai.OpenAI]
) -> None:
    assert read(trainer).status_code == 200
    assert read(trainer, path="/v1/models").status_code == 401
    assert read(trainer, client("boss", admin=True).api_key).status_code == 200
    assert read(trainer, client("guest").api_key).status_code == 403
    assert read(trainer, "wrong").status_code == 401


def test_jobs_steps_tokens_answers_and_requests_are_counted(trainer: Trainer) -> None:
    before = samples(read(trainer).text)
    job = trainer.ended(trainer.train(hyperparameters={"n_epochs": 1, "batch_size": 4}).id)
    trainer.client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "Hello?"}], max_tokens=3
    )
    text = read(trainer).text
    after = samples(text)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("finetune_trainer_training_steps_total", base="tiny-random") == 3
    assert more("finetune_trainer_training_tokens_total", base="tiny-random") > 100
    assert more("finetune_trainer_jobs_ended_total", outcome="succeeded") == 1
    assert more("finetune_trainer_jobs", status="succeeded") == 1
    assert more("finetune_trainer_generations_total", outcome="done") == 1
    assert more("finetune_trainer_first_token_seconds_count") == 1
    assert 1 <= more("finetune_trainer_generated_tokens_total", kind="completion") <= 3
    jobs = "/v1/fine_tuning/jobs"
    assert more("finetune_trainer_requests_total", method="POST", route=jobs, status="200") == 1
    assert more("finetune_trainer_request_seconds_count", method="GET", route=jobs + "/{job_id}") >= 1
    assert value(after, "finetune_trainer_loop_up", loop="training") == 1
    assert value(after, "finetune_trainer_generations_in_flight") == 0
    assert job.id not in text
    assert job.fine_tuned_model not in text


@pytest.mark.parametrize(
    ("events", "times"),
    [
        ([Start(4), Delta("a"), Delta("b"), End("length", 2)], 1),
        ([Start(4), End("stop", 1)], 1),  # the end of turn, at once
        ([Start(4), Refused("failed", "no")], 0),
    ],
    ids=["words", "nothing", "refused"],
)
async def test_an_answer_has_one_first_token_whether_or_not_it_says_anything(
    events: list[StreamEvent], times: int
) -> None:
    async def answer() -> AsyncGenerator[StreamEvent, None]:
        for event in events:
            yield event

    def seen() -> float:
        return instruments.REGISTRY.get_sample_value("finetune_trainer_first_token_seconds_count") or 0

    before = seen()
    assert [event async for event in measured(answer(), 1)] == events
    assert seen() - before == times
