"""What Slack shows of an agent: prompts at the top of its Messages tab, and sessions, which are threads with a status.

docs.slack.dev/ai/agent-sessions, assistant.threads.setSuggestedPrompts, agent_session_stopped,
agent_session_title_changed (read 2026-11-29). Only apps with `agent_view` in their manifest are agents.
"""

from dataclasses import asdict, dataclass, field

from sandbox.changes import Change
from sandbox.model import Json
from sandbox.workspace import Workspace

STATUSES = ("active", "processing", "suspended", "closed")


@dataclass(slots=True)
class Session:
    """A thread in which the agent works, or has worked, for people."""

    channel: str
    thread_ts: str
    status: str
    title: str = ""
    initiator: str = ""


@dataclass(slots=True)
class Prompts:
    """Up to four prompts, each with `title` and `message`: what a press on it sends."""

    channel: str
    title: str
    prompts: list[Json] = field(default_factory=list)


class Agents:
    """The sessions and the pinned prompts of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._sessions = {(s["channel"], s["thread_ts"]): Session(**s) for s in workspace.store.all("session")}
        self._prompts = {p["channel"]: Prompts(**p) for p in workspace.store.all("prompts")}

    def session(self, channel: str, thread_ts: str) -> Session | None:
        return self._sessions.get((channel, thread_ts))

    def save(self, session: Session) -> None:
        self._sessions[session.channel, session.thread_ts] = session
        self.workspace.store.put("session", f"{session.channel}/{session.thread_ts}", asdict(session))
        self.workspace.changes.publish(Change("session", session.channel, session.thread_ts))

    def finished(self, channel: str, thread_ts: str) -> None:
        """The agent has ended a stream: a session that was processing is active."""
        session = self.session(channel, thread_ts)
        if session is not None and session.status == "processing":
            session.status = "active"
            self.save(session)

    def prompts(self, channel: str) -> Prompts | None:
        """What the app has pinned; None if it never has."""
        return self._prompts.get(channel)

    def pin(self, prompts: Prompts) -> None:
        self._prompts[prompts.channel] = prompts
        self.workspace.store.put("prompts", prompts.channel, asdict(prompts))
        self.workspace.changes.publish(Change("prompts", prompts.channel))
