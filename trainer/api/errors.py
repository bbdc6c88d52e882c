"""Errors in the protocol's shape: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

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
    ) -> None:
        super().__init__(message)
        self.status = status
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
        return JSONResponse(error.body, error.status)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = [str(part) for part in first["loc"][1:]]
        param = ".".join(where) or None
        said = str(first["msg"]).removeprefix("Value error, ")
        if first["type"] == "missing":
            message = f"Missing required parameter: {param!r}."
        elif first["type"] == "json_invalid":
            message, param = f"The body is not valid JSON: {first.get('ctx', {}).get('error', said)}.", None
        elif param is None:
            message = "The body must be a JSON object (with the header Content-Type: application/json)."
        else:
            message = f"Invalid value for {param!r}: {said}."
        return JSONResponse(error_body(message, param=param), 400)

    async def http_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        message = str(error.detail)
        if error.status_code == 404:
            message = f"Unknown request URL: {request.method} {request.url.path}."
        return JSONResponse(error_body(message), error.status_code, headers=error.headers)

    async def defect(request: Request, error: Exception) -> JSONResponse:
        logger.exception("%s %s", request.method, request.url.path)
        message = "The server made a mistake while it handled your request; its log has more."
        return JSONResponse(error_body(message, type="server_error"), 500)

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(Exception, defect)
