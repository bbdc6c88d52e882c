"""What `/metrics` answers, read as Prometheus does."""

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    """The sum over all series with these labels."""
    return sum(each for (its, with_), each in found.items() if its == name and labels.items() <= dict(with_).items())


async def read_metrics(port: int | None, token: str | None = None) -> tuple[int, str]:
    """What the bot answers there: status and text."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"http://127.0.0.1:{port}/metrics") as answer,
    ):
        return answer.status, await answer.text()
