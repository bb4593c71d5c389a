"""What belongs to no single route: request ids, CORS, OpenAPI, the assistant's status."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from app.api import create_api, wrap
from app.http.body_limit import MAX_BODY_BYTES
from app.http.drain import IDLE_SECONDS, Drain
from app.settings import Settings
from tests.conftest import settings_for
from tests.support.tokens import mint


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", "x;y"])
async def test_a_request_id_that_could_spoil_a_log_is_replaced(
    anonymous: httpx.AsyncClient, given: str
) -> None:
    response = await anonymous.get("/health/live", headers={"X-Request-Id": given})
    assert len(response.headers["X-Request-Id"]) == 32
    assert response.headers["X-Request-Id"] != given


async def test_every_answer_says_how_long_its_connection_may_be_kept(anonymous: httpx.AsyncClient) -> None:
    assert Settings.model_fields["drain_seconds"].default > IDLE_SECONDS
    for path in ("/health/live", "/api/tasks", "/nothing"):
        response = await anonymous.get(path)
        assert response.headers["Connection"] == "keep-alive"
        assert response.headers["Keep-Alive"] == f"timeout={IDLE_SECONDS}"
    response = await anonymous.post("/api/tasks", content=b"x" * (MAX_BODY_BYTES + 1))
    assert response.status_code == 413
    assert response.headers["Connection"] == "close"
    assert "Keep-Alive" not in response.headers


async def test_only_the_frontends_origin_may_read_answers(anonymous: httpx.AsyncClient) -> None:
    for origin, allowed in (("http://localhost:3000", True), ("http://evil.example", False)):
        response = await anonymous.options(
            "/api/tasks", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        assert (response.headers.get("Access-Control-Allow-Origin") == origin) is allowed
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_the_contract_names_problems_for_every_operation(fastapi_app: FastAPI) -> None:
    contract = fastapi_app.openapi()
    operations = [
        (path, method, operation)
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    ]
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(ids) == len(set(ids)) == 8
    for path, _, operation in operations:
        if path.startswith("/api/"):
            for status in ("401", "422", "503"):
                content = operation["responses"][status]["content"]
                assert content == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    schemas = contract["components"]["schemas"]
    assert {"Problem", "FieldProblem", "TaskRead", "TaskPage"} <= set(schemas)
    assert "HTTPValidationError" not in schemas
    assert "default" not in schemas["TaskUpdate"]["properties"]["title"]


@pytest.mark.parametrize(
    ("variables", "status"),
    [
        ({}, {"enabled": False, "model": "gpt-4o-mini", "reason": "OPENAI_API_KEY is not set"}),
        (
            {"openai_api_key": "sk-canary", "ai_model": "gpt-x"},
            {"enabled": True, "model": "gpt-x", "reason": None},
        ),
    ],
)
async def test_the_assistants_status(variables: dict[str, str], status: dict[str, object]) -> None:
    app = wrap(create_api(settings_for("postgresql://u:p@127.0.0.1:1/d", **variables)), Drain())
    headers = {"Authorization": f"Bearer {mint()}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://backend", headers=headers) as client:
        assert (await client.get("/api/ai/status")).json() == status
