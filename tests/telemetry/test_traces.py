"""One id for what belongs together."""

import asyncio

import pytest

from telemetry import traces


def test_what_happens_inside_a_span_belongs_to_its_trace() -> None:
    with traces.span("outer") as outer:
        with traces.span("inner") as inner:
            assert traces.traceparent() == inner.context.traceparent
        assert inner.context.trace_id == outer.context.trace_id
        assert inner.context.span_id != outer.context.span_id
        assert traces.current() == outer.context
    assert traces.current() is None


def test_a_trace_goes_on_from_another_process_by_its_traceparent() -> None:
    with traces.span("here") as here:
        taken = traces.traceparent()
    with traces.span("there", parent=taken) as there:
        assert there.context.trace_id == here.context.trace_id


@pytest.mark.parametrize(
    "header", [None, "", "nonsense", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'1' * 32}-{'0' * 16}-01", "00-1-2-01"]
)
def test_what_is_no_traceparent_begins_a_new_trace(header: str | None) -> None:
    assert traces.parse(header) is None
    with traces.span("here", parent=header) as here:
        assert traces.parse(here.context.traceparent) == here.context


async def test_a_task_belongs_to_the_trace_that_it_was_begun_in() -> None:
    async def work() -> str | None:
        await asyncio.sleep(0)
        return traces.traceparent()

    with traces.span("begins a task") as span:
        task = asyncio.create_task(work())
    assert await task == span.context.traceparent


def test_what_is_done_by_the_clock_is_no_trace() -> None:
    with traces.part("look at a provider"):
        assert traces.current() is None
