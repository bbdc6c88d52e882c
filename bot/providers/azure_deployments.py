"""Deployments of Azure OpenAI, through Azure Resource Manager. Implements `bot.providers.hosting.Hosting`.

Read 2026-11-30: Microsoft's "Deployments - Create Or Update" (api-version 2024-10-01: PUT answers 200 or 201 with
`properties.provisioningState`), "Deploy a fine-tuned model" (sku and model in the body, version 1), "Manage costs"
(paid by the hour, asked or not; removed after 15 days without a request). Errors are `{"error": {"code", "message"}}`;
too little quota is status 400, code InsufficientQuota (microsoft/PubSec-Info-Assistant#880). Not verified, for want of
an account: the longest name of a deployment, which the portal gives as 64 characters.
"""

import asyncio
import shlex
import time
from asyncio.subprocess import DEVNULL, PIPE
from typing import Any, Final
from urllib.parse import quote

import httpx2
import msgspec
from pydantic import SecretStr

from bot.providers.hosting import Hosted, HostedState, deployment_name
from bot.providers.interface import Doubtful, ProviderError, RateLimited, Refused, Unreachable
from bot.unreachable import why_unreachable
from training_files.redact import redact, remember_secret

_API_VERSION: Final = "2024-10-01"
_TIMEOUT: Final = httpx2.Timeout(60, connect=5)
_COMMAND_SECONDS: Final = 60.0
_EARLY: Final = 300.0
"""So many seconds before its end a token is no longer used."""
_TOKEN_OF_COMMAND: Final = 600.0
"""How long a token of a command is used: it does not say until when it holds."""
_STATES: Final = {
    "Accepted": HostedState.CREATING,
    "Creating": HostedState.CREATING,
    "Moving": HostedState.CREATING,
    "Succeeded": HostedState.READY,
    "Deleting": HostedState.REMOVING,
    "Failed": HostedState.FAILED,
    "Canceled": HostedState.FAILED,
    "Disabled": HostedState.FAILED,
}


class NoToken(Refused):
    """Nobody gave a token, so Azure was not asked."""

    def __init__(self) -> None:
        super().__init__("azure_no_token", code="no_token")


class AzureAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Where deployments are made, and as whom: with a token of `token_command`, or of Entra for an application
    (`tenant`, `client_id`, `client_secret`). `sku` and `capacity` (in thousands of tokens a minute) are the
    deployment's."""

    subscription: str
    resource_group: str
    account: str
    sku: str = "Standard"
    capacity: int = 1
    token_command: str | None = None
    tenant: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    management_url: str = "https://management.azure.com"
    login_url: str = "https://login.microsoftonline.com"


class AzureDeployments:
    def __init__(self, account: AzureAccount, *, http: httpx2.AsyncClient | None = None) -> None:
        self._account = account
        self._http = http or httpx2.AsyncClient(timeout=_TIMEOUT)
        self._token = ""
        self._token_ends = float("-inf")
        self._asking_for_token = asyncio.Lock()

    async def deploy(self, model: str) -> Hosted:
        wanted = {
            "sku": {"name": self._account.sku, "capacity": self._account.capacity},
            "properties": {"model": {"format": "OpenAI", "name": model, "version": "1"}},
        }
        return _hosted(await self._ask("PUT", model, wanted))

    async def look(self, model: str) -> Hosted | None:
        try:
            return _hosted(await self._ask("GET", model))
        except Refused as error:
            if error.status == 404 and error.code in _NO_DEPLOYMENT:
                return None
            raise

    async def remove(self, model: str) -> None:
        try:
            await self._ask("DELETE", model)
        except Refused as error:
            if error.status != 404 or error.code not in _NO_DEPLOYMENT:
                raise

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, method: str, model: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        account = self._account
        address = (
            f"{account.management_url}/subscriptions/{quote(account.subscription, '')}"
            f"/resourceGroups/{quote(account.resource_group, '')}/providers/Microsoft.CognitiveServices"
            f"/accounts/{quote(account.account, '')}/deployments/{deployment_name(model)}"
        )
        headers = {"Authorization": f"Bearer {await self._bearer()}"}
        answer = await self._send(method, address, params={"api-version": _API_VERSION}, headers=headers, json=body)
        if answer.status_code == 401:
            self._token_ends = float("-inf")
        return _read(answer)

    async def _bearer(self) -> str:
        async with self._asking_for_token:
            if time.monotonic() >= self._token_ends:
                told = self._of_command() if self._account.token_command else self._of_entra()
                self._token, seconds = await told
                remember_secret(self._token)
                self._token_ends = time.monotonic() + seconds
            return self._token

    async def _of_entra(self) -> tuple[str, float]:
        account = self._account
        answer = await self._send(
            "POST",
            f"{account.login_url}/{quote(str(account.tenant), '')}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": account.client_id,
                "client_secret": account.client_secret.get_secret_value() if account.client_secret else "",
                "scope": f"{account.management_url}/.default",
            },
        )
        told = _read(answer)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token:
            raise NoToken()
        return token, float(seconds) - _EARLY if isinstance(seconds, int | float) else 0.0

    async def _of_command(self) -> tuple[str, float]:
        """What the command writes is the token; its complaints are its own, and may hold secrets."""
        words = shlex.split(str(self._account.token_command))
        try:
            process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
        except OSError as error:
            raise NoToken() from error
        try:
            async with asyncio.timeout(_COMMAND_SECONDS):
                written, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise NoToken() from error
        token = written.decode(errors="replace").strip()
        if process.returncode or not token or not token.isprintable() or " " in token:
            raise NoToken()
        return token, _TOKEN_OF_COMMAND

    async def _send(self, method: str, address: str, **options: Any) -> httpx2.Response:
        try:
            return await self._http.request(method, address, **options)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol) as error:
            why = why_unreachable(error, address)
            raise Unreachable(why.kind, why.values, code="connection_error") from error
        except httpx2.TimeoutException as error:
            raise Doubtful("no_answer_in_time", code="timeout") from error
        except httpx2.HTTPError as error:
            raise Doubtful("connection_broke", code="connection_error") from error


_NO_DEPLOYMENT: Final = frozenset({"DeploymentNotFound", "ResourceNotFound", "NotFound", "404", None})


def _hosted(told: dict[str, Any]) -> Hosted:
    """A state that is new to us counts as under way."""
    properties = told.get("properties")
    state = str(properties.get("provisioningState")) if isinstance(properties, dict) else ""
    return Hosted(_STATES.get(state, HostedState.CREATING))


def _read(answer: httpx2.Response) -> dict[str, Any]:
    try:
        told = answer.json() if answer.content else {}
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    if answer.status_code < 400:
        return told
    raise _error(answer, told)


def _error(answer: httpx2.Response, told: dict[str, Any]) -> ProviderError:
    """Of ARM an object, of Entra a word with a description."""
    about = told.get("error")
    if isinstance(about, dict):
        code, message = about.get("code"), about.get("message")
    else:
        code, message = about, told.get("error_description")
    status = answer.status_code
    said = redact(str(message or f"HTTP {status}"))
    known = str(code) if code else None
    if status in (409, 429):  # another operation on the account, or too many: not carried out
        return RateLimited(said, code=known, status=status, retry_after=_seconds(answer.headers.get("retry-after")))
    if status >= 500 or status == 408:
        return Doubtful(said, code=known, status=status)
    return Refused(said, code=known, status=status)


def _seconds(header: str | None) -> float:
    return min(float(header), 600.0) if header and header.isascii() and header.isdecimal() else 10.0
