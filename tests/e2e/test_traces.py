"""From what somebody did in Slack to the request at the provider: one trace, in the logs and at a collector."""

import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.logs import set_up_logging
from telemetry import traces
from tests.e2e.world import until, world
from tests.logs import written_log
from tests.otlp_collector import Collector

CREATE = "POST /fine_tuning/jobs"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    with written_log(partial(set_up_logging, "info")) as written:
        yield written


async def test_a_job_is_one_trace_from_slack_to_the_provider(
    tmp_path: Path, collector: Collector, log: io.StringIO
) -> None:
    async with world(tmp_path) as w, w.bot(otel_exporter_otlp_endpoint=collector.endpoint) as bot:
        await w.start(await w.drop(), suffix="secret-plan")
        await w.job_at_provider()
        sent = traces.parse(w.provider.traceparents[CREATE])
        assert sent is not None
        await w.settled(bot)
        await until(lambda: {"slack submission", "submit job"} <= collector.of(sent.trace_id).keys())
    spans = collector.of(sent.trace_id)
    create, submit, work = spans["provider create_job"], spans["submit job"], spans["work"]
    assert create.span_id == sent.span_id
    assert (create.parent, work.parent) == (submit.span_id, spans["slack submission"].span_id)
    assert create.attributes == {"provider": "acme"}
    assert work.attributes == {"kind": "submission", "outcome": "done"}
    assert {span.service for span in collector.spans} == {"finetune-bot"}
    assert not any(span.failed for span in spans.values())
    # Nobody's words, names or keys.
    told = json.dumps([span.attributes for span in collector.spans])
    for private in ("secret-plan", "train.jsonl", "ana", w.provider.key, w.sandbox.bot_token):
        assert private not in told
    lines = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
    events = {line["event"] for line in lines if line.get("trace_id") == sent.trace_id}
    assert {"job created", "processed"} <= events


async def test_without_a_collector_the_provider_is_told_the_trace_all_the_same(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.bot():
        await w.start(await w.drop())
        look = f"GET /fine_tuning/jobs/{await w.job_at_provider()}"
        assert traces.parse(w.provider.traceparents[CREATE]) is not None
        await until(lambda: look in w.provider.traceparents)
        assert w.provider.traceparents[look] is None  # by the clock, again and again
