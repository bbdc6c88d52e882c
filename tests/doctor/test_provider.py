"""What the doctor finds at a provider, over real sockets; it only reads there."""

from datetime import date
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.doctor import provider as checks
from bot.doctor.finding import Finding, Level
from bot.doctor.provider import check_provider
from bot.providers.clients import client_of
from bot.providers.config import ProviderConfig
from bot.providers.configured import ConfiguredProvider
from bot.providers.raw_objects import RawObjects
from bot.providers.vendor import Vendor
from tests.stand_in_provider import StandInProvider
from texts import doctor as texts
from texts.language import Language, speaking

MODEL = "gpt-4.1-mini-2025-04-14"


async def found(
    stand_in: StandInProvider, *, key: str | None = None, vendor: dict[str, Any] | None = None, **config: Any
) -> dict[str, Finding]:
    """By their codes. Each can be said in both languages, and nothing but reading was asked."""
    configured = ConfiguredProvider(
        ProviderConfig(name="acme", **config),
        Vendor(**{"name": "acme", **(vendor or {})}),
        SecretStr(key or stand_in.key),
        stand_in.url,
    )
    source = RawObjects(client_of(configured.vendor, configured.key.get_secret_value(), configured.base_url))
    findings = await check_provider(configured, source, date(2026, 11, 29))
    await source.close()
    for language in Language:
        with speaking(language):
            assert all(texts.sentence(finding) for finding in findings)
    assert all(request.startswith("GET ") for request in stand_in.requests)
    return {finding.code: finding for finding in findings}


def not_well(findings: dict[str, Finding]) -> dict[str, Level]:
    return {code: finding.level for code, finding in findings.items() if finding.level is not Level.OK}


async def test_it_says_what_there_is(stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    stand_in.run(job, steps=3)
    stand_in.succeed(job)
    findings = await found(stand_in)
    assert not_well(findings) == {}
    assert findings["answers"].values["models"] == 2
    assert findings["base_models"].values == {"models": [MODEL]}
    assert findings["fine_tuned_models"].values == {"count": 1}
    assert findings["jobs"].values == {"count": 1, "more": False}
    assert findings["files"].values == {"count": 0, "more": False}
    said = texts.sentence(findings["job"])
    assert said == f"Of the latest job ({job}) it tells: 7 events, 3 with figures, 1 checkpoint."


async def test_without_jobs_and_files_it_is_well_too(stand_in: StandInProvider) -> None:
    assert not_well(await found(stand_in)) == {}


async def test_a_key_that_is_refused_is_said_and_not_shown(stand_in: StandInProvider) -> None:
    findings = await found(stand_in, key="sk-wrong-0123456789abcdef")
    assert not_well(findings) == {"key_refused": Level.WRONG}
    assert "0123456789" not in texts.sentence(findings["key_refused"])


async def test_a_provider_that_is_down_is_said_with_its_address(stand_in: StandInProvider) -> None:
    await stand_in.down()
    findings = await found(stand_in)
    assert not_well(findings) == {"no_answer": Level.WRONG}
    assert stand_in.url.removesuffix("/v1") in texts.sentence(findings["no_answer"])


@pytest.mark.parametrize(
    "fault", [{"status": 404}, {"status": 200, "body": "<html>Welcome</html>", "content_type": "text/html"}]
)
async def test_what_does_not_speak_the_protocol_is_said(stand_in: StandInProvider, fault: dict[str, Any]) -> None:
    stand_in.fault("GET /models", **fault)
    assert not_well(await found(stand_in)) == {"not_the_protocol": Level.WRONG}


async def test_a_slow_answer_is_noticed(stand_in: StandInProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SLOW_SECONDS", 0.0)
    assert not_well(await found(stand_in)) == {"answers_slowly": Level.WARNING}


async def test_listings_that_the_key_may_not_see_are_wrong_each_for_itself(stand_in: StandInProvider) -> None:
    stand_in.add_job()
    for route in ("files", "fine_tuning/jobs"):
        stand_in.fault(f"GET /{route}", status=403, code="forbidden", message="Missing scopes: api.read.")
    findings = await found(stand_in)
    assert not_well(findings) == {"files_refused": Level.WRONG, "jobs_refused": Level.WRONG}
    assert "Missing scopes: api.read." in texts.sentence(findings["files_refused"])


async def test_events_that_cannot_be_read_are_wrong(stand_in: StandInProvider) -> None:
    job = stand_in.add_job()
    stand_in.fault(f"GET /fine_tuning/jobs/{job}/events", status=500)
    assert not_well(await found(stand_in)) == {"job_refused": Level.WRONG}


async def test_what_the_settings_offer_is_held_to_what_there_is(stand_in: StandInProvider) -> None:
    stand_in.says_trainable = False  # so that our own table tells
    findings = await found(
        stand_in,
        models=(MODEL, "gpt-9", "gpt-3.5-turbo-1106"),
        default_model="gpt-8",
        embedding_model="text-embedding-9",
    )
    assert findings["base_models"].values == {"models": [MODEL, "gpt-9"]}
    assert findings["models_not_listed"].values == {"models": ["gpt-9", "gpt-3.5-turbo-1106"]}
    assert findings["training_ended"].values == {"models": ["gpt-3.5-turbo-1106"]}
    assert findings["default_not_offered"].values == {"model": "gpt-8"}
    assert findings["embeddings_not_listed"].values == {"model": "text-embedding-9"}


async def test_where_nothing_can_be_trained_that_is_wrong(stand_in: StandInProvider) -> None:
    stand_in.base_models, stand_in.says_trainable = ["somebodys-own"], False
    assert not_well(await found(stand_in)) == {"no_base_models": Level.WRONG}


class Trainer(StandInProvider):
    """Tells how it is, as ours does. `failing`: its parts that do; `cluster`: on which it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: list[str] = []
        self.cluster: dict[str, Any] | None = None

    def routes(self, app: web.Application) -> None:
        super().routes(app)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/v1/x/cluster", self._cluster)

    async def _cluster(self, request: web.Request) -> web.Response:
        if self.cluster is None:
            return web.json_response({"error": {"message": "Not on a cluster.", "code": "not_found"}}, status=404)
        return web.json_response(self.cluster)

    async def _health(self, request: web.Request) -> web.Response:
        if self.failing:
            return web.json_response({"status": "degraded", "down": self.failing}, status=503)
        return web.json_response({"status": "ok"})


async def test_our_trainer_tells_which_of_its_parts_fail() -> None:
    async with Trainer() as trainer:
        assert not_well(findings := await found(trainer, vendor={"name": "trainer"})) == {}
        assert "trainer" in findings
        trainer.failing = ["supervisor"]
        findings = await found(trainer, vendor={"name": "trainer"})
    assert not_well(findings) == {"trainer_in_trouble": Level.WRONG}
    assert findings["trainer_in_trouble"].values == {"parts": ["supervisor"]}


@pytest.mark.parametrize(
    ("trouble", "suited", "code", "level"),
    [
        (None, 2, "cluster", Level.OK),
        (None, 0, "cluster_unsuited", Level.WRONG),
        ("All connection attempts failed", 0, "cluster_no_use", Level.WRONG),
    ],
)
async def test_our_trainer_tells_how_its_cluster_is(trouble: str | None, suited: int, code: str, level: Level) -> None:
    async with Trainer() as trainer:
        trainer.cluster = {
            "address": "http://head:8265",
            "trouble": trouble,
            "nodes": 3,
            "suited": suited,
            "most_gpus": 4,
        }
        findings = await found(trainer, vendor={"name": "trainer"})
    assert findings[code].level is level
    said = texts.sentence(findings[code])
    assert "http://head:8265" in said
    assert ("up to 4 GPUs" in said) is (code == "cluster")


async def test_another_server_in_the_trainers_place_is_well_without_that(stand_in: StandInProvider) -> None:
    findings = await found(stand_in, vendor={"name": "trainer"})
    assert not_well(findings) == {}
    assert "trainer" not in findings


async def test_what_it_shows_otherwise_than_is_known_of_it_is_noticed(stand_in: StandInProvider) -> None:
    job = stand_in.add_job(
        status="paused",
        metadata={"team": "support"},
        method={"type": "dpo"},
        integrations=[{"type": "wandb", "wandb": {"project": "tuning"}}],
    )
    findings = await found(stand_in, vendor={"keeps_metadata": False, "pauses": False, "methods": ("supervised",)})
    assert {*not_well(findings)} == {"keeps_metadata", "pauses", "reports_to_wandb", "has_methods"}
    assert findings["has_methods"].values == {"methods": ["dpo"]}
    del stand_in.jobs[job]["metadata"]
    assert "keeps_no_metadata" in await found(stand_in)
