"""Types of the fixtures that drop files and bring them to a provider (tests/datasets/conftest.py)."""

from collections.abc import Awaitable, Callable

from bot.datasets.dataset import Dataset

Drop = Callable[..., Awaitable[Dataset]]
Upload = Callable[[str], Awaitable[str]]
