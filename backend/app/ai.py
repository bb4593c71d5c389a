"""/api/ai: whether the assistant is there."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from app.dependencies import CurrentUser, SettingsDep

router = APIRouter(prefix="/ai", tags=["ai"])


class AiStatus(BaseModel):
    """`reason` says why the assistant is off; null when it is on."""

    enabled: bool
    model: str
    reason: str | None


@router.get("/status")
async def ai_status(_user: CurrentUser, settings: SettingsDep) -> AiStatus:
    """Whether the assistant is configured. Everything else works without it."""
    enabled = settings.openai_api_key is not None
    return AiStatus(
        enabled=enabled, model=settings.ai_model, reason=None if enabled else "OPENAI_API_KEY is not set"
    )
