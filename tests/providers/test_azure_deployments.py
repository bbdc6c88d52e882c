"""Deployments through Azure Resource Manager: what is asked there, and what becomes of its answers."""

import shlex
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from bot.providers.azure_deployments import AzureAccount, AzureDeployments
from bot.providers.hosting import Hosted, HostedState, deployment_name
from bot.providers.interface import Doubtful, ProviderError, RateLimited, Refused, Unreachable
from tests.resource_manager import ResourceManager

MODEL = "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef"


@pytest.fixture
async def azure() -> AsyncIterator[ResourceManager]:
    async with ResourceManager() as azure:
        yield azure


def deployments(azure: ResourceManager, **changes: Any) -> AzureDeployments:
    of_entra = {"tenant": "tenant-1", "client_id": "app-1", "client_secret": SecretStr(azure.SECRET)}
    account = {"subscription": "sub-1", "resource_group": "team", "account": "acme", **of_entra, **changes}
    addresses = {"management_url": azure.url, "login_url": azure.url}
    # Over plain HTTP: to read the certificates takes 30 ms.
    return AzureDeployments(AzureAccount(**{**addresses, **account}), http=httpx2.AsyncClient(verify=False))


async def test_a_model_is_deployed_looked_at_and_removed_with_one_token(azure: ResourceManager) -> None:
    made = deployments(azure, sku="GlobalStandard", capacity=50)
    assert await made.look(MODEL) is None
    assert await made.deploy(MODEL) == await made.deploy(MODEL) == Hosted(HostedState.CREATING)
    (there,) = azure.deployments.values()
    assert (there["name"], there["sku"]) == (MODEL, {"name": "GlobalStandard", "capacity": 50})
    assert there["properties"]["model"] == {"format": "OpenAI", "name": MODEL, "version": "1"}
    azure.settle()
    assert await made.look(MODEL) == Hosted(HostedState.READY)
    azure.settle("Failed")
    assert await made.look(MODEL) == Hosted(HostedState.FAILED)
    await made.remove(MODEL)
    await made.remove(MODEL)
    assert await made.look(MODEL) is None
    assert azure.tokens == 1
    await made.close()


async def test_a_command_gives_the_token_and_what_it_says_else_is_told_nobody(azure: ResourceManager) -> None:
    python = shlex.quote(sys.executable)
    written = deployments(azure, token_command=f"{python} -c 'print(\"{azure.TOKEN}\")'")
    assert await written.look(MODEL) is None
    for command in (f"{python} -c 'raise SystemExit(1)'", "no-such-command-of-anybody"):
        with pytest.raises(Refused, match="azure_no_token"):
            await deployments(azure, token_command=command).look(MODEL)
    with pytest.raises(Refused, match="Invalid client secret") as caught:
        await deployments(azure, client_secret=SecretStr("wrong")).look(MODEL)
    assert caught.value.code == "invalid_client"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InsufficientQuota", Refused),
        (403, "AuthorizationFailed", Refused),
        (409, "RequestConflict", RateLimited),
        (429, "TooManyRequests", RateLimited),
        (500, "InternalServerError", Doubtful),
    ],
)
async def test_each_error_has_its_kind(
    azure: ResourceManager, status: int, code: str, kind: type[ProviderError]
) -> None:
    azure.refuse(status, code, "Not now.", **{"Retry-After": "17"})
    with pytest.raises(ProviderError) as caught:
        await deployments(azure).deploy(MODEL)
    assert (type(caught.value), caught.value.code, caught.value.status) == (kind, code, status)
    assert getattr(caught.value, "retry_after", 17) == 17


async def test_where_nobody_listens_nothing_was_done(azure: ResourceManager) -> None:
    with pytest.raises(Unreachable):
        await deployments(azure, login_url="http://127.0.0.1:9").deploy(MODEL)


def test_a_name_that_azure_takes_is_the_models_and_a_long_one_is_cut_and_stays_its_own() -> None:
    assert deployment_name(MODEL) == MODEL
    long, other = f"{MODEL}-support-team", f"{MODEL}-support-time"
    assert len(deployment_name(long)) == 64
    assert deployment_name(long) == deployment_name(long) != deployment_name(other)
    assert deployment_name("ft:gpt-4.1:acme::1").startswith("ft-gpt-4.1-acme--1-")
