"""The Web API: one module for each family of methods."""

from sandbox.api import (
    agents,
    assistant,
    auth,
    chat,
    conversations,
    files,
    functions,
    reactions,
    stream,
    unfurls,
    users,
    views,
)
from sandbox.api.call import METHODS, Call, Method

__all__ = [
    "METHODS",
    "Call",
    "Method",
    "agents",
    "assistant",
    "auth",
    "chat",
    "conversations",
    "files",
    "functions",
    "reactions",
    "stream",
    "unfurls",
    "users",
    "views",
]
