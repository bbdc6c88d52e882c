"""agents.sessions.setStatus and rename."""

from sandbox.agents import STATUSES, Session
from sandbox.api.call import Call, method
from sandbox.model import Channel, Json
from sandbox.slack_errors import fail, limit

UNTOLD = "missing_agent_session_stopped_event_subscription"


@method("agents.sessions.setStatus", "chat:write", tier=3)
async def set_status(call: Call) -> Json:
    """Set a session's status; the first call creates the session."""
    channel, thread_ts = _thread(call)
    status, title = call.need("status"), call.text("title")
    if status not in STATUSES:
        fail("session.status", f"must be one of {', '.join(STATUSES)} [json-pointer:/status]")
    session = call.state.agents.session(channel.id, thread_ts)
    if session is None:
        if len(title) > limit("session.title"):
            fail("session.title", f"must be less than {limit('session.title') + 1} characters [json-pointer:/title]")
        initiator = call.text("initiator_user_id")
        if initiator and initiator not in channel.members:
            fail("user.outside")
        session = Session(channel.id, thread_ts, status, title, initiator)
    session.status = status
    call.state.agents.save(session)
    answer: Json = {"status": status, "agent_status": status, "title": session.title}
    if status == "processing" and "agent_session_stopped" not in call.state.manifest.events:
        answer |= {"warning": UNTOLD, "response_metadata": {"warnings": [UNTOLD]}}
    return answer


@method("agents.sessions.rename", "chat:write", tier=3)
async def rename(call: Call) -> Json:
    channel, thread_ts = _thread(call)
    title = call.need("title")
    if len(title) > limit("session.title"):
        fail("session.title", f"must be less than {limit('session.title') + 1} characters [json-pointer:/title]")
    session = call.state.agents.session(channel.id, thread_ts)
    if session is None:
        fail("session.unknown")
    session.title = title
    call.state.agents.save(session)
    return {"title": title}


def _thread(call: Call) -> tuple[Channel, str]:
    """The channel, and the root of the session's thread."""
    if not call.state.settings.agent_sessions:
        fail("session.feature")
    if not call.state.manifest.agent:
        fail("session.agent")
    channel = call.member_channel("channel_id")
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        fail("session.thread")
    root = call.workspace.message(channel.id, thread_ts)
    if root is None or root.is_reply or root.ephemeral_to:
        fail("thread.unknown")
    return channel, thread_ts
