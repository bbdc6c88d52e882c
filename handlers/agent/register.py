"""The bot as Slack's agent. Who opens its Messages tab comes by `handlers.messages`."""

from typing import Final

from handlers.agent import blocks
from handlers.agent.listeners import AgentListeners
from handlers.routing import Feature

FEATURE: Final = Feature(
    AgentListeners,
    buttons={blocks.STOP: AgentListeners.stop},
    events={
        "agent_session_stopped": AgentListeners.session_stopped,
        "agent_session_title_changed": AgentListeners.title_changed,
    },
)
