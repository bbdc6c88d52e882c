"""A double of Azure Resource Manager and of Entra, as far as deployments need them.

Sources: those that bot/providers/azure_deployments.py names.
"""

from typing import Any, Self

from aiohttp import web

Json = dict[str, Any]
ACCOUNT = "/subscriptions/sub-1/resourceGroups/team/providers/Microsoft.CognitiveServices/accounts/acme"


class ResourceManager:
    """async with ResourceManager() as azure: ... `deployments`: what was PUT, by name, each with its state. `faults`:
    what the next requests are answered with instead, status, body and headers."""

    SECRET = "entra-secret-0123456789"
    TOKEN = "arm-token-0123456789"

    def __init__(self) -> None:
        self.deployments: dict[str, Json] = {}
        self.faults: list[tuple[int, Json, dict[str, str]]] = []
        self.requests: list[str] = []
        self.tokens = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/tenant-1/oauth2/v2.0/token", self._token)
        for method, handler in (("PUT", self._put), ("GET", self._get), ("DELETE", self._delete)):
            app.router.add_route(method, ACCOUNT + "/deployments/{name}", handler)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def refuse(self, status: int, code: str, message: str, **headers: str) -> None:
        self.faults.append((status, _error(code, message), headers))

    def settle(self, state: str = "Succeeded") -> None:
        """What was being made is so now."""
        for one in self.deployments.values():
            one["properties"]["provisioningState"] = state

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["client_secret"] != self.SECRET:
            told = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
            return web.json_response(told, status=401)
        assert (form["grant_type"], form["scope"]) == ("client_credentials", f"{self.url}/.default")
        self.tokens += 1
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": self.TOKEN})

    def _refusal(self, request: web.Request) -> web.Response | None:
        self.requests.append(request.method)
        assert request.query["api-version"]
        if request.headers.get("Authorization") != f"Bearer {self.TOKEN}":
            told = _error("AuthenticationFailed", "Authentication failed.")
            return web.json_response(told, status=401)
        if self.faults:
            status, told, headers = self.faults.pop(0)
            return web.json_response(told, status=status, headers=headers)
        return None

    async def _put(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        name, body = request.match_info["name"], await request.json()
        there = name in self.deployments
        body["properties"]["provisioningState"] = "Creating"
        kept = self.deployments.setdefault(name, {"name": name, **body})
        return web.json_response(kept, status=200 if there else 201)

    async def _get(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        found = self.deployments.get(request.match_info["name"])
        if found is None:
            return web.json_response(_error("DeploymentNotFound", "The deployment does not exist."), status=404)
        return web.json_response(found)

    async def _delete(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        there = self.deployments.pop(request.match_info["name"], None)
        return web.Response(status=204 if there is None else 202)


def _error(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
