"""The state of a sandbox: its workspace and everything around it."""

import copy
import functools
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.agents import Agents
from sandbox.changes import Change
from sandbox.delivery import Deliverer
from sandbox.delivery.socket import Sockets
from sandbox.events import Events
from sandbox.fault_injection import Faults
from sandbox.interactions import Interactions
from sandbox.limits import Limits
from sandbox.manifest import Manifest
from sandbox.responses import Responses, Statuses
from sandbox.seed import seed
from sandbox.settings import Settings
from sandbox.slack_errors import fail
from sandbox.store import Store
from sandbox.triggers import ResponseUrls, Triggers
from sandbox.user_actions import UserActions
from sandbox.views import Views
from sandbox.workflows import Workflows
from sandbox.workspace import SANDBOX, Team, Workspace


@dataclass(frozen=True, slots=True)
class Secrets:
    """The credentials of the app and of people. Never logged."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    key: str = field(repr=False)

    @classmethod
    def load(cls, store: Store, given: dict[str, str]) -> "Secrets":
        """The given ones, else those stored before, else new ones."""
        return cls(
            store.secret("bot_token", given.get("bot_token"), f"xoxb-sandbox-{secrets.token_hex(16)}"),
            store.secret("app_token", given.get("app_token"), f"xapp-1-sandbox-{secrets.token_hex(16)}"),
            store.secret("signing_secret", given.get("signing_secret"), secrets.token_hex(16)),
            store.secret("key", given.get("key"), secrets.token_urlsafe(18)),
        )


class Uploads:
    """Upload URLs that have not been used: token -> (file id, announced length)."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, int]] = {}

    def open(self, file_id: str, length: int) -> str:
        token = secrets.token_urlsafe(24)
        self._open[token] = (file_id, length)
        return token

    def take(self, token: str) -> tuple[str, int] | None:
        return self._open.pop(token, None)


class SandboxState:
    """Everything that the Web API, the page and the control API share."""

    def __init__(
        self,
        data: Path,
        manifest: Manifest,
        samples: Path | None,
        settings: Settings,
        given: dict[str, str],
        team: Team = SANDBOX,
        sockets: Sockets | None = None,
    ) -> None:
        """`sockets`: the app's, where other workspaces have it, too."""
        self._team = team
        self._sockets = sockets
        self.bot_tokens: dict[str, float | None] = {}
        """Those that the app was given when it was installed, and when they expire."""
        self.samples = samples
        self.store = Store(data)
        self.secrets = Secrets.load(self.store, given)
        self.base_url = ""
        self._initial_manifest = manifest
        self._initial_settings = settings
        self._begin()

    def _begin(self) -> None:
        """A workspace from what is on disk, and everything that belongs to it."""
        self.manifest = self._initial_manifest
        self.settings = copy.deepcopy(self._initial_settings)
        self.token_state = "good"
        """`good`, `revoked` or `inactive`: set through the control API."""
        self.workspace = Workspace(self.store, self.settings, self.base_url, self._team)
        self.deliverer = Deliverer(self.settings, self.secrets.signing_secret, self._sockets)
        self.deliverer.sockets.on_presence = functools.partial(self.workspace.changes.publish, Change("presence"))
        self.events = Events(self.workspace, self.manifest, self.deliverer)
        seed(self.workspace, self.manifest)
        self.workspace.observer = self.events
        self.views = Views(self.workspace)
        self.triggers = Triggers(self.settings)
        self.response_urls = ResponseUrls(self.settings)
        self.responses = Responses(self.workspace, self.views)
        self.statuses = Statuses(self.workspace)
        self.agents = Agents(self.workspace)
        self.uploads = Uploads()
        self.limits = Limits(self.settings)
        self.faults = Faults()
        self.user_actions = UserActions(
            self.workspace,
            self.manifest,
            self.deliverer,
            self.events,
            self.views,
            self.triggers,
            self.response_urls,
            self.responses,
            self.agents,
        )
        self.workflows = Workflows(self.workspace, self.manifest, self.events, self.workspace.changes)
        self.interactions = Interactions(
            self.workspace,
            self.manifest,
            self.deliverer,
            self.views,
            self.triggers,
            self.response_urls,
            self.responses,
        )

    async def reset(self) -> None:
        """Replace the workspace, on disk too, with a new one.

        Manifest and settings are again those of the start, and no fault is left; the secrets stay. Open pages and
        the app lose their connections and come back to the new workspace. Waiting control requests fail.
        """
        changes, deliverer = self.workspace.changes, self.deliverer
        self.store = self.store.emptied()
        self._begin()
        changes.close()
        await deliverer.close()

    def is_bot_token(self, token: str) -> bool:
        """Whether it is the bot's here, expired or not."""
        return token == self.secrets.bot_token or token in self.bot_tokens

    def need_scope(self, *any_of: str) -> None:
        """Fail with missing_scope unless the manifest grants one of the scopes."""
        if any_of and not self.manifest.scopes & set(any_of):
            fail("scope.missing", needed=",".join(any_of), provided=",".join(sorted(self.manifest.scopes)))

    def set_manifest(self, manifest: Manifest) -> None:
        """Reinstall the app with another manifest."""
        self.manifest = self.events.manifest = manifest
        self.user_actions.manifest = self.interactions.manifest = self.workflows.manifest = manifest

    async def close(self) -> None:
        self.workspace.changes.close()
        await self.deliverer.close()
        self.store.close()
