"""What a job is known by."""

from bot.jobs.job import id_for


def test_a_request_that_is_delivered_again_asks_for_the_same_job() -> None:
    assert id_for("event Ev1") == id_for("event Ev1")


def test_no_two_of_very_many_requests_ask_for_the_same_job() -> None:
    assert len({id_for(f"event {number}") for number in range(200_000)}) == 200_000
