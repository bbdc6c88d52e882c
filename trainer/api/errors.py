"""Errors in the protocol's shape: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """What a client did wrong, or what the server cannot do for it now."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.body = error_body(message, code=code, param=param, type=type)


def error_body(
    message: str, *, code: str | None = None, param: str | None = None, type: str = "invalid_request_error"
) -> dict[str, dict[str, str | None]]:
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def not_found(what: str, id: str, param: str) -> ApiError:
    return ApiError(404, f"There is no {what} with the id {id!r}.", code="not_found", param=param)


def model_not_found(id: str, status: int = 404) -> ApiError:
    return ApiError(
        status,
        f"The model {id!r} does not exist on this server. GET /v1/models lists those that do.",
        code="model_not_found",
        param="model",
    )


def install(app: FastAPI) -> None:
    """Let every error leave the server in the protocol's shape."""

    async def api_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ApiError)
        return JSONResponse(error.body, error.status, error.headers)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        if isinstance(error.body, bytes):
            return _unsupported_type(request)
        return JSONResponse(_invalid(error), 400)

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        message, headers = str(error.detail), error.headers
        if error.status_code == 404:
            message = f"Unknown request URL: {request.method} {request.url.path}."
        if error.status_code == 405:
            allowed = ", ".join(_methods(app, request))
            message = f"Not allowed to {request.method} on {request.url.path}; what is: {allowed}."
            headers = {"Allow": allowed}
        return JSONResponse(error_body(message), error.status_code, headers=headers)

    async def defect(request: Request, error: Exception) -> JSONResponse:
        id = request.state.request_id
        logger.exception("%s: %s %s", id, request.method, request.url.path)
        message = f"The server made a mistake while it handled your request; its log has more, under {id}."
        return JSONResponse(error_body(message, type="server_error"), 500)

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, defect)


def _unsupported_type(request: Request) -> JSONResponse:
    """Refused in the service's words, not read as JSON all the same: a program that works here works there."""
    kind = request.headers.get("content-type", "")
    return JSONResponse(
        error_body(
            f"Unsupported content type: {_shown(kind)}. This API method only accepts 'application/json' requests. "
            "Send the header 'Content-Type: application/json' (curl: -H 'Content-Type: application/json').",
            code="unsupported_content_type",
        ),
        415,
    )


def _methods(app: FastAPI, request: Request) -> list[str]:
    """What may be asked of a path, by all routes that it fits: each of them knows only its own methods."""
    routes = [route for route in app.routes if not isinstance(route, Mount)]
    return [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ] or ["GET", "HEAD"]  # of files


# How the service names JSON's types, with their articles.
_TYPES = {
    "bool_type": "a boolean",
    "dict_type": "an object",
    "float_type": "a decimal",
    "int_type": "an integer",
    "list_type": "an array",
    "model_type": "an object",
    "string_type": "a string",
}


def _invalid(error: RequestValidationError) -> dict[str, dict[str, str | None]]:
    """The body for a request that does not fit its description, in the service's words."""
    errors = error.errors()
    if errors[0]["type"] == "json_invalid":
        return error_body(f"The body is not valid JSON: {errors[0].get('ctx', {}).get('error', 'it breaks off')}.")
    placed = [(_place(one, error.body), one) for one in errors]
    # Where several forms were allowed, the one that got furthest tells most: into the value, and past its type.
    field = placed[0][0][:1]
    place, chosen = max(
        (one for one in placed if one[0][:1] == field), key=lambda one: (len(one[0]), one[1]["type"] not in _TYPES)
    )
    if not place:
        said = str(chosen["msg"]).removeprefix("Value error, ")
        return error_body(
            f"The request is not valid: {said}."
            if chosen["type"] == "value_error"
            else "The body must be a JSON object (with the header Content-Type: application/json)."
        )
    param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    message, code = _told(chosen, param, len(place))
    return error_body(message, code=code, param=param if code else None)


def _told(error: dict[str, Any], param: str, depth: int) -> tuple[str, str | None]:
    kind, given, limits = error["type"], error.get("input"), error.get("ctx") or {}
    number = "decimal" if isinstance(given, float) else "integer"
    match kind:
        case "missing":
            return f"Missing required parameter: '{param}'.", "missing_required_parameter"
        case "none_required" | "extra_forbidden" if depth == 1:
            return f"Unrecognized request argument supplied: {param}", None
        case "extra_forbidden":
            return f"Unknown parameter: '{param}'.", "unknown_parameter"
        case "literal_error" | "enum":
            return f"Invalid value: {_shown(given)}. Supported values are: {limits['expected']}.", "invalid_value"
        case "less_than_equal" | "less_than":
            most = f"Expected a value <= {limits['le']:g}" if "le" in limits else f"Expected a value < {limits['lt']}"
            return (
                f"Invalid '{param}': {number} above maximum value. {most}, but got {_shown(given)} instead.",
                f"{number}_above_max_value",
            )
        case "greater_than_equal" | "greater_than":
            least = f">= {limits['ge']:g}" if "ge" in limits else f"> {limits['gt']:g}"
            return (
                f"Invalid '{param}': {number} below minimum value. Expected a value {least}, but got "
                f"{_shown(given)} instead.",
                f"{number}_below_min_value",
            )
        case "too_short":
            return (
                f"Invalid '{param}': empty array. Expected an array with minimum length {limits['min_length']}, but "
                "got an empty array instead.",
                "empty_array",
            )
        case "too_long":
            return (
                f"Invalid '{param}': array too long. Expected an array with maximum length {limits['max_length']}, but "
                f"got an array with length {limits['actual_length']} instead.",
                "array_above_max_length",
            )
        case "string_too_long":
            return (
                f"Invalid '{param}': string too long. Expected a string with maximum length {limits['max_length']}, "
                f"but got a string with length {len(given or '')} instead.",
                "string_above_max_length",
            )
        case "string_too_short":
            return (
                f"Invalid '{param}': empty string. Expected a string with minimum length {limits['min_length']}, but "
                "got an empty string instead.",
                "empty_string",
            )
        case _ if kind in _TYPES:
            return (
                f"Invalid type for '{param}': expected {_TYPES[kind]}, but got {_type_of(given)} instead.",
                "invalid_type",
            )
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"Invalid value for '{param}': {said}.", "invalid_value"


def _place(error: dict[str, Any], body: Any) -> list[str | int]:
    """Where in the request the error is: its location without the names of our own types in it."""
    first, *parts = error["loc"]
    if first != "body" or not isinstance(body, dict | list):
        return list(parts)
    place: list[str | int] = []
    here = body
    for number, part in enumerate(parts):
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int)):
            here = here[part]
            place.append(part)
        elif error["type"] == "missing" and number == len(parts) - 1:
            place.append(part)
    return place


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal number"
        case str():
            return "a string"
        case list():
            return "an array"
    return "an object"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
