"""The trainer goes on with the trace of whoever asks it, down to the process that trains."""

from typing import Any

from tests.otlp_collector import Collector
from tests.trainer_process import Trainer, wait_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ABOVE = "00f067aa0ba902b7"


def test_a_job_is_trained_in_the_trace_that_it_was_asked_for_in(trainer: Trainer, collector: Collector) -> None:
    asked: Any = {"extra_headers": {"traceparent": f"00-{TRACE}-{ABOVE}-01"}}
    job = trainer.ended(trainer.train(hyperparameters={"n_epochs": 1}, **asked).id)
    spans = wait_for(lambda: len(found := collector.of(TRACE)) == 3 and found)
    request, turn, worker = (spans[name] for name in ("trainer POST", "train", "train in worker"))
    assert (request.parent, turn.parent, worker.parent) == (ABOVE, request.span_id, turn.span_id)
    assert request.attributes == {"route": "/v1/fine_tuning/jobs", "status": 200}
    assert turn.attributes == {"base": "tiny-random", "method": "supervised"}
    assert worker.service == "finetune-trainer-worker"
    log = (trainer.data / "logs" / "training.log").read_text()
    assert f"job {job.id} trains trace_id={TRACE}" in log
