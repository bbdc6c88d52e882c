"""What Prometheus reads of the bot, and the dashboard and alerts that are made of it."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr

from app.health import Health
from app.metrics import Metrics
from app.run import running
from bot import instruments
from bot.settings import load as load_settings
from bot.store.backlog import Backlog
from bot.store.database import Database, StoreTrouble
from tests.e2e.world import world
from tests.prometheus_samples import read_metrics, samples, value
from trainer import instruments as trainer_instruments

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
PROMTOOL = shutil.which("promtool")
DASHBOARD = ROOT / "deploy" / "grafana" / "finetune-bot.json"


async def test_a_bot_that_works_counts_what_it_does(tmp_path: Path) -> None:
    async with world(tmp_path) as w, w.bot(health_port=0) as bot:
        _, before = await read_metrics(bot.health_port)
        report = await w.drop()
        await w.start(report)
        job = await w.job_at_provider()
        w.provider.run(job, steps=5)
        w.provider.succeed(job)
        card = await w.wait_card("job_chat")
        await w.person.click("ana", card["channel"], card["ts"], "job_chat")
        chat = await w.wait_chat()
        await w.person.say("ana", chat["channel"], "What is the answer?", thread_ts=chat["ts"])
        await w.person.wait_message(chat["channel"], thread_ts=chat["ts"], contains="in several pieces")
        await w.settled(bot)
        _, text = await read_metrics(bot.health_port)
    was, now = samples(before), samples(text)

    def more(name: str, **labels: str) -> float:
        return value(now, name, **labels) - value(was, name, **labels)

    assert more("finetune_bot_payloads_total", kind="event", outcome="accepted") >= 2
    assert more("finetune_bot_payload_acknowledge_seconds_count", kind="submission") == 1
    assert more("finetune_bot_payloads_processed_total", outcome="done") >= 5
    assert more("finetune_bot_slack_calls_total", method="views.open", outcome="ok") >= 1
    assert more("finetune_bot_provider_calls_total", provider="acme", operation="create_job", outcome="ok") == 1
    assert more("finetune_bot_provider_call_seconds_count", provider="acme", operation="chat") == 1
    assert more("finetune_bot_notices_total", outcome="posted") >= 1
    assert more("finetune_bot_chat_first_token_seconds_count", provider="acme") == 1
    assert more("finetune_bot_model_tokens_total", provider="acme", kind="completion") > 0
    assert more("finetune_bot_store_write_seconds_count") > 10
    assert value(now, "finetune_bot_jobs", provider="acme", state="succeeded") == 1
    assert value(now, "finetune_bot_component_up", component="store") == 1
    assert value(now, "finetune_bot_follow_last_success_timestamp_seconds", provider="acme") > 1_700_000_000
    assert value(now, "finetune_bot_inbox_depth") == value(now, "finetune_bot_outbox_depth") == 0
    for secret in ("ana", report["channel"], w.provider.key, "train.jsonl", job):
        assert f'"{secret}"' not in text


async def test_where_links_to_jobs_lead_to_the_same_port_metrics_need_a_token(tmp_path: Path) -> None:
    public = {"health_port": 0, "finetune_public_url": "https://finetune.example.com"}
    async with world(tmp_path) as w:
        async with running(w.settings(**public)) as bot:
            assert (await read_metrics(bot.health_port))[0] == 404
        async with running(w.settings(**public, metrics_token=SecretStr("for-prometheus"))) as bot:
            assert (await read_metrics(bot.health_port))[0] == 401
            assert (await read_metrics(bot.health_port, "somebody-elses"))[0] == 401
            assert (await read_metrics(bot.health_port, "for-prometheus"))[0] == 200


async def test_of_several_stores_what_waits_is_counted_together(database: Database, tmp_path: Path) -> None:
    """And of each the oldest notice is remembered: they are numbered from 1 in all."""
    stores = {"a": Store(backlog(notices=2, first=1)), "b": Store(backlog(notices=1, first=1, inbox_since=900.0))}
    now = [1000.0]
    settings = load_settings(_env_file=None, finetune_data=tmp_path)
    metrics = Metrics(Health(database, {}, None), lambda: stores, settings, clock=lambda: now[0])
    await metrics.text()
    stores["b"].holds = backlog(notices=1, first=2, inbox_since=900.0)
    now[0] = 1060.0
    found = samples((await metrics.text()).decode())
    assert value(found, "finetune_bot_outbox_depth") == 3
    assert value(found, "finetune_bot_outbox_oldest_age_seconds") == 60
    assert value(found, "finetune_bot_inbox_depth") == 2
    assert value(found, "finetune_bot_inbox_oldest_age_seconds") == 160
    assert value(found, "finetune_bot_jobs", provider="acme", state="running") == 6
    stores["a"].holds = None
    found = samples((await metrics.text()).decode())
    assert value(found, "finetune_bot_outbox_depth") == 1, "a store that cannot be read hides no other"
    del stores["a"], stores["b"]
    found = samples((await metrics.text()).decode())
    assert value(found, "finetune_bot_outbox_depth") == value(found, "finetune_bot_jobs") == 0


async def test_of_several_workspaces_the_one_that_has_waited_longest_for_a_provider_shows(
    database: Database, tmp_path: Path
) -> None:
    following: dict[str, Any] = {
        "acme in T0ACME": SimpleNamespace(provider_name="acme", looked_at=0.0, heard_at=900.0),
        "acme in T0OTHER": SimpleNamespace(provider_name="acme", looked_at=0.0, heard_at=300.0),
        "own in T0ACME": SimpleNamespace(provider_name="own", looked_at=0.0, heard_at=None),
    }
    settings = load_settings(_env_file=None, finetune_data=tmp_path)
    metrics = Metrics(Health(database, following, None), dict, settings)

    async def shown() -> dict[str, float]:
        found = samples((await metrics.text()).decode())
        name = "finetune_bot_follow_last_success_timestamp_seconds"
        return {dict(labels)["provider"]: at for (its, labels), at in found.items() if its == name}

    assert await shown() == {"acme": 300.0}, "and of one that nobody has looked at yet there is nothing to say"
    del following["acme in T0OTHER"]
    assert await shown() == {"acme": 900.0}, "a workspace that is gone is waited for no more"
    following.clear()
    assert await shown() == {}


def backlog(*, notices: int, first: int, inbox_since: float | None = None) -> Backlog:
    return Backlog(1, inbox_since, notices, first, 0, {("acme", "running"): 3})


@dataclass
class Store:
    """`holds`: None where it cannot be read."""

    holds: Backlog | None

    async def read(self) -> Backlog:
        if self.holds is None:
            raise StoreTrouble("store_trouble", trouble="locked")
        return self.holds


# The dashboard and the alerts


def exposed() -> set[str]:
    """The names of all series."""
    names = {"up"}  # Prometheus's own
    for module in (instruments, trainer_instruments):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                (told,) = metric.describe()
                ends = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(told.type, [""])
                names.update(told.name + end for end in ends)
    return names


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def queries() -> list[str]:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [*asked, *(rule["expr"] for rule in rules())]


@pytest.mark.parametrize("query", queries())
def test_dashboard_and_alerts_ask_for_metrics_that_there_are(query: str) -> None:
    named = set(re.findall(r"\bfinetune_\w+|\bup\b", query))
    assert named
    assert named <= exposed()
    assert query.count("(") == query.count(")")


@pytest.mark.skipif(
    PROMTOOL is None and "CI" not in os.environ, reason="needs promtool, of Debian's package prometheus"
)
def test_each_alert_fires_for_what_it_is_meant_for_and_clears() -> None:
    tested = subprocess.run(
        [str(PROMTOOL), "test", "rules", str(ALERTS.with_suffix(".test.yml"))], capture_output=True, text=True
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/zh/operations.md"])
def test_every_alert_says_what_to_do(page: str) -> None:
    headings = re.findall(r"^### (Finetune\w+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
