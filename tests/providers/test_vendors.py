"""What is known of each vendor, and that a server is taken for the right one."""

import contextlib
import importlib
import pkgutil
from typing import get_args, get_type_hints

import httpx2
import pytest

import bot.providers
from bot.jobs.estimate import is_free
from bot.providers.chat import ChatMessage, ChatRequest
from bot.providers.clients import client_of
from bot.providers.crusoe import CRUSOE
from bot.providers.interface import CreateRequest, ProviderError
from bot.providers.openai_protocol import OpenAIProtocol
from bot.providers.protocol import Hyperparameters
from bot.providers.trainer import TRAINER
from bot.providers.vendor import Vendor
from bot.providers.vendors import VENDORS, vendor_at, vendor_of
from bot.settings import load as load_settings
from tests.doubles import AS_DOCUMENTED, Double
from tests.parts import provider_over
from tests.stand_in_provider import StandInProvider
from training_files.catalog import ModelFacts

CUT_OFF = [ChatMessage("user", "Count to three"), ChatMessage("assistant", "One, two")]


def test_every_file_of_a_vendor_has_its_line() -> None:
    modules = (
        importlib.import_module(f"bot.providers.{found.name}") for found in pkgutil.iter_modules(bot.providers.__path__)
    )
    found = {value.name for module in modules for value in vars(module).values() if isinstance(value, Vendor)}
    assert found == {vendor.name for vendor in VENDORS}


def test_every_vendor_but_the_trainer_has_a_double() -> None:
    assert {vendor.name for vendor in VENDORS} - {TRAINER.name} <= {one.vendor.name for one in AS_DOCUMENTED}


def test_whoever_the_table_of_models_names_is_known() -> None:
    named = get_args(get_type_hints(ModelFacts)["provider"])
    assert set(named) <= {vendor.name for vendor in VENDORS}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
def test_a_vendor_is_known_by_its_name_and_its_hosts(vendor: Vendor) -> None:
    assert all(vendor_of(word) is vendor for word in (vendor.name, *vendor.hosts))


def test_of_another_server_the_protocol_is_expected() -> None:
    assert vendor_of("llm.acme.example") == Vendor(name="llm.acme.example")


@pytest.mark.parametrize(
    ("url", "name", "free"),
    [
        (None, "openai", False),
        ("http://localhost:8902/v1", "trainer", True),
        ("https://api.tokenfactory.nebius.com/v1/", "api.tokenfactory.nebius.com", False),
    ],
)
def test_a_provider_is_called_by_its_address_and_only_ones_own_trains_for_nothing(
    url: str | None, name: str, free: bool
) -> None:
    assert load_settings(_env_file=None, openai_base_url=url).provider_name == name
    assert is_free("gpt-4.1-mini-2025-04-14", name) is free


@pytest.mark.parametrize("continues", [True, False])
async def test_only_who_may_know_how_is_told_to_go_on_with_an_answer(
    stand_in: StandInProvider, continues: bool
) -> None:
    async with provider_over(stand_in, vendor=Vendor(name="acme", continues=continues)) as provider:
        async for _ in provider.chat(ChatRequest(stand_in.base_models[0], tuple(CUT_OFF))):
            pass
    asked = stand_in.chats[-1]
    assert ("continue_final_message" in asked) is continues


async def test_an_error_says_which_provider_it_is_of(stand_in: StandInProvider) -> None:
    stand_in.fault("GET /models", status=403, message="no")
    async with provider_over(stand_in, "zenith") as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.models()
    assert caught.value.provider == "zenith"


def test_azure_is_asked_by_a_client_of_its_own() -> None:
    vendor = vendor_at("https://acme.openai.azure.com")
    client = client_of(vendor, "key", "https://acme.openai.azure.com")
    assert vendor.name == "azure"
    assert str(client.base_url) == "https://acme.openai.azure.com/openai/"
    assert vendor_at("https://openai.azure.com.evil.example/v1").name != "azure"
    assert vendor_at(None).name == "openai"


async def test_a_multiplier_of_the_learning_rate_stays_one_where_the_server_takes_rates() -> None:
    """Sent as it is, 1.5 would be a hundred thousand times the usual rate."""
    async with Double(next(one for one in AS_DOCUMENTED if one.absolute_rate)) as double:
        double.files["file-1"] = ("a.jsonl", b"{}")
        provider = double.connect()
        chosen = Hyperparameters(learning_rate_multiplier=1.5)
        order = CreateRequest("job-1", double.base_models[0], "file-1", None, chosen, None, 7, 0.0)
        made = await provider.create_job(order)
        await provider.close()
    assert double.jobs[made.id]["hyperparameters"]["learning_rate"] == pytest.approx(1.5e-5)
    assert made.hyperparameters.learning_rate_multiplier == 1.5


@pytest.mark.parametrize(
    ("base_url", "asked"),
    [
        (CRUSOE.base_url, "api.inference.crusoecloud.com"),
        ("https://proxy.acme.example/v1", "proxy.acme.example"),
    ],
)
async def test_models_are_asked_where_they_answer_and_all_else_where_they_train(base_url: str, asked: str) -> None:
    hosts = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        hosts.append((request.method, request.url.host))
        return httpx2.Response(200, json={"object": "list", "data": []})

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    provider = OpenAIProtocol("crusoe", client_of(CRUSOE, "key", base_url, http_client=http), vendor=CRUSOE)
    await provider.models()
    with contextlib.suppress(ProviderError):
        _ = [delta async for delta in provider.chat(ChatRequest("m", (ChatMessage("user", "Hello"),)))]
    assert hosts == [("GET", httpx2.URL(base_url).host), ("POST", asked)]
    await provider.close()
