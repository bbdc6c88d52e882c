"""How a sweep reads: its table, and the sentence that says which is best."""

from typing import Any

import msgspec
import pytest

from bot.jobs.assessment import assess
from bot.jobs.job import Approval, Job, Origin
from bot.jobs.notice import Ended, GroupEnded, GroupLinked, Stuck
from bot.providers.protocol import Metrics
from bot.sweeps.ranking import Run
from bot.sweeps.sweep import Member, Sweep
from handlers.blocks.message import Message
from handlers.blocks.sweep import render, sweep_card
from handlers.outgoing.notice_blocks import render as render_of_job
from tests.parts import a_job
from tests.slack_requests import Answers
from texts.language import Language, speaking

HERE = Origin("T0ACME", "C0TRAINING", False)


def run(number: int, loss: float | None, **fields: Any) -> Run:
    job: Job = a_job(
        **{
            "id": f"job-{number}",
            "group": "sweep-1",
            "suffix": f"support-{number}",
            "state": "succeeded",
            "fine_tuned_model": f"ft:gpt:acme:support-{number}:x",
            "estimated_cost": 0.1,
            **fields,
        }
    )
    metrics = [Metrics(5, 10, train_loss=1.0, full_valid_loss=loss)]
    return Run(number, Member(job.id, {"epochs": str(number), "lr": "<!channel>"}), job, assess(job, metrics))


def sweep(*runs: Run) -> Sweep:
    return Sweep(
        id="sweep-1",
        members=tuple(one.member for one in runs),
        requester="U0ANA",
        origin=HERE,
        created_at=1.0,
        file="train & <b>.jsonl",
    )


def buttons(shown: Message) -> list[tuple[str, str]]:
    return Answers([shown]).buttons


def ended(*runs: Run) -> Message:
    return render(GroupEnded(), sweep(*runs), runs)


def test_the_table_marks_the_best_and_leads_to_every_card_and_no_text_of_people_is_markup() -> None:
    runs = (run(1, 0.9), run(2, 0.5))
    shown = sweep_card(sweep(*runs), runs, {"job-1": "https://acme.slack.com/archives/C0/p1"})
    blocks = [block.to_dict() for block in shown.blocks]
    (table,) = [block for block in blocks if block["type"] == "data_table"]
    assert [cell["text"] for cell in table["rows"][0]] == [
        *("#", "epochs", "lr", "Status", "Training loss", "Validation loss", "Cost"),
    ]
    assert [row[0]["text"] for row in table["rows"][1:]] == ["2 ★ best", "1"]
    assert table["rows"][1][5] == {"type": "raw_number", "value": 0.5, "text": "0.500"}
    assert "<https://acme.slack.com/archives/C0/p1|1>" in str(blocks)
    assert "train &amp; &lt;b&gt;.jsonl" in shown.text
    assert buttons(shown) == [("job_chat", "job-2"), ("job_evaluate", "job-2")]


def test_the_files_thread_leads_to_the_thread_of_all_configurations() -> None:
    runs = (run(1, 0.9), run(2, 0.5))
    said = render(GroupLinked("https://acme.slack.com/p1"), sweep(*runs), runs).text
    assert "Follow them in <https://acme.slack.com/p1|their own thread>." in said


def test_while_jobs_go_on_the_card_offers_to_stop_them_and_names_no_best() -> None:
    runs = (run(1, 0.9), run(2, None, state="running", fine_tuned_model=None))
    shown = sweep_card(sweep(*runs), runs, {})
    assert buttons(shown) == [("sweep_stop", "sweep-1")]
    assert "★" not in str([block.to_dict() for block in shown.blocks])


def test_the_end_names_the_best_calls_its_owner_once_and_says_what_failed() -> None:
    shown = ended(run(1, 0.9), run(2, 0.5), run(3, None, state="failed", fine_tuned_model=None))
    assert shown.text.startswith("<@U0ANA> All jobs have ended. Best on the validation file: `epochs=2, lr=&lt;!chan")
    assert "(validation loss 0.500)" in shown.text
    assert "1 job failed." in shown.text
    assert "<!channel>" not in shown.text


@pytest.mark.parametrize(
    ("losses", "said", "offered"),
    [
        ([0.5, 0.501], "does not tell which of these is best", ["job-1", "job-2"]),
        ([None, None], "Without a validation file nothing says which is best", ["job-1", "job-2"]),
    ],
)
def test_where_nothing_tells_them_apart_it_says_so_and_offers_each(
    losses: list[float | None], said: str, offered: list[str]
) -> None:
    shown = ended(*(run(number, loss) for number, loss in enumerate(losses, 1)))
    assert said in shown.text
    assert [value for _, value in buttons(shown)] == offered


def test_one_that_was_declined_says_why_and_that_nothing_was_spent() -> None:
    approval = Approval(1.0, 0.0, ("U0BEN",), approved=False, decided_by="U0BEN", reason="Too *dear*")
    shown = ended(run(1, None, state="cancelled", fine_tuned_model=None, approval=approval))
    assert "<@U0BEN> declined it: Too *dear*" in shown.text
    assert "Nothing was spent." in shown.text


def test_a_job_of_a_sweep_tells_its_end_in_one_line_that_calls_nobody_and_names_itself_when_stuck() -> None:
    one = run(2, 0.5)
    told = render_of_job(Ended(), one.job, one.assessment)
    assert len(told.blocks) == 1
    assert "<@" not in told.text
    assert "support-2" in told.text
    assert "validation loss 0.500" in told.text
    failed = msgspec.structs.replace(one.job, state="running")
    assert "support-2" in render_of_job(Stuck("running", 6), failed).text


def test_it_reads_in_chinese() -> None:
    with speaking(Language.CHINESE):
        shown = ended(run(1, 0.9), run(2, 0.5))
    assert "所有任务都已结束。在验证文件上最好的是" in shown.text
