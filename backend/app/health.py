"""/health: what the kubelet asks. No I/O in either."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.database.revision import SCHEMA_REVISION
from app.readiness import Readiness

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process serves requests."""
    return {"status": "live"}


@router.get("/ready", responses={503: {"description": "Not yet; `reason` says why"}})
async def ready(request: Request) -> JSONResponse:
    """The process has reached the database at the right schema since it started."""
    readiness: Readiness = request.app.state.readiness
    if readiness.ready:
        return JSONResponse({"status": "ready", "schema": SCHEMA_REVISION})
    return JSONResponse({"status": "starting", "reason": readiness.reason}, 503)
