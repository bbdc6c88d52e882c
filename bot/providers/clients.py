"""The SDK's client with which a vendor's servers are asked."""

import httpx2  # what the SDK speaks HTTP with
from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAsyncHttpxClient

from bot.providers.vendor import Vendor
from telemetry import traces


def client_of(
    vendor: Vendor, key: str, base_url: str | None, *, http_client: httpx2.AsyncClient | None = None
) -> AsyncOpenAI:
    """`base_url`: of Azure the resource's, as https://acme.openai.azure.com."""
    http_client = http_client or DefaultAsyncHttpxClient(event_hooks={"request": [_with_trace]})
    if vendor.api_version is None:
        return AsyncOpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=http_client)
    return AsyncAzureOpenAI(
        api_key=key,
        azure_endpoint=base_url or "",
        api_version=vendor.api_version,
        max_retries=0,
        http_client=http_client,
    )


async def _with_trace(request: httpx2.Request) -> None:
    """The trainer goes on with the trace; other providers take no notice of the header."""
    traceparent = traces.traceparent()
    if traceparent is not None:
        request.headers[traces.HEADER] = traceparent
