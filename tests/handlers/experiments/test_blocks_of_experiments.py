"""Jobs that were found, as a message: buttons that keep the filter, and settings beside each other."""

from typing import Any

from bot.experiments.filters import Filters
from bot.experiments.interfaces import JobOutcome
from bot.experiments.search import Comparison, Experiment, JobPage, differing, results
from bot.jobs.overview import AssessedJob
from bot.providers.protocol import Hyperparameters
from handlers.blocks.message import Message
from handlers.experiments.blocks import comparison, job_page, read_chosen
from tests.parts import a_job

MINE = Filters(requester="U0ANA", model="gpt 4.1", sort="loss")


def a_page(jobs: int = 3, filters: Filters = MINE, **fields: Any) -> JobPage:
    shown = [AssessedJob(a_job(id=f"job-{number}")) for number in range(jobs)]
    outcomes = {"job-0": JobOutcome({"valid_loss": 0.5, "train_loss": 0.1}), "job-1": JobOutcome({"train_loss": 0.25})}
    told = {"filters": filters, "jobs": shown, "outcomes": outcomes, "number": 2, "pages": 3, "count": 23, **fields}
    return JobPage(**told)


def elements(message: Message) -> dict[str, dict[str, Any]]:
    blocks = [block.to_dict() for block in message.blocks]
    return {one["action_id"]: one for block in blocks for one in block.get("elements", ()) if "action_id" in one}


def text(message: Message) -> str:
    return str([block.to_dict() for block in message.blocks])


def test_the_buttons_keep_the_filter_and_take_the_first_jobs_of_the_page() -> None:
    buttons = elements(job_page(a_page(), {}))
    assert buttons["jobs_later"]["value"] == "<@U0ANA> 'model=gpt 4.1' sort=loss page=1"
    assert buttons["jobs_earlier"]["value"] == "<@U0ANA> 'model=gpt 4.1' sort=loss page=3"
    assert buttons["jobs_compare"]["value"] == buttons["jobs_metrics"]["value"] == "job-0 job-1 job-2"
    assert buttons["jobs_csv"]["value"] == "<@U0ANA> 'model=gpt 4.1' sort=loss"
    assert [one["value"] for one in buttons["jobs_chosen"]["options"]] == ["job-0", "job-1", "job-2"]


def test_one_page_has_no_turning_and_one_job_nothing_to_compare() -> None:
    buttons = elements(job_page(a_page(1, Filters(), number=1, pages=1, count=1), {}))
    assert list(buttons) == ["jobs_csv"]


def test_what_jobs_are_sorted_by_stands_beside_them() -> None:
    shown = text(job_page(a_page(), {}))
    assert "validation loss *0.500*" in shown
    assert "training loss *0.250*" in shown
    assert "Filter: <@U0ANA> `'model=gpt 4.1' sort=loss`" in shown
    costs = a_page(filters=Filters(sort="cost"), outcomes={"job-2": JobOutcome(usd=1.5)})
    assert "cost *$1.50*" in text(job_page(costs, {}))


def test_nothing_found_is_told_apart_from_no_jobs_at_all() -> None:
    assert "fits that" in job_page(a_page(0, count=0), {}).text
    assert "Drop a training file" in job_page(a_page(0, Filters(), count=0), {}).text


def test_ticked_jobs_are_read_from_the_message() -> None:
    ticked = {"jobs_chosen": {"jobs_chosen": {"selected_options": [{"value": "job-3"}, {"value": "job-5"}]}}}
    assert read_chosen({"state": {"values": ticked}}) == ["job-3", "job-5"]
    assert read_chosen({"state": {"values": {"jobs_chosen": {"jobs_chosen": {"selected_options": []}}}}}) == []
    assert read_chosen({}) == []


def test_settings_and_results_stand_in_one_table() -> None:
    one, other = (a_job(id=f"job-{n}", hyperparameters=Hyperparameters(n_epochs=n)) for n in (1, 3))
    two = [
        Experiment(one, JobOutcome({"best_loss": 0.5}, usd=0.25)),
        Experiment(other, JobOutcome({"best_loss_step": 9})),
    ]
    message = comparison(Comparison(two, differing(two), results(two)))
    (table,) = [block.to_dict() for block in message.blocks if block.type == "data_table"]
    rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert rows[0] == ["Setting or result", "job-1", "job-3"], "both have the same name"
    assert ["epochs", "1", "3"] in rows
    assert ["Validation loss at its best", "0.500", "–"] in rows
    assert ["Cost", "$0.25", "–"] in rows
    assert elements(message)["jobs_metrics"]["value"] == "job-1 job-3"
    same = comparison(Comparison(two, [], results(two)))
    assert "Their settings are the same." in text(same)


def test_a_setting_of_zero_is_told_apart_from_none() -> None:
    zero, none = (Experiment(a_job(id=f"job-{seed}", seed=seed), JobOutcome()) for seed in (0, None))
    assert ("seed", [0, None]) in differing([zero, none])
