"""Where a page of tasks ended, as an opaque string."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH = 8 + 16


@dataclass(frozen=True)
class Cursor:
    """The last task of a page, in the list's order."""

    created_at: datetime
    id: uuid.UUID

    def encode(self) -> str:
        micros = (self.created_at - _EPOCH) // _MICROSECOND
        return base64.urlsafe_b64encode(micros.to_bytes(8, signed=True) + self.id.bytes).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Raises ValueError for anything that `encode` did not make."""
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
            if len(raw) != _LENGTH:
                raise ValueError("wrong length")
            created_at = _EPOCH + int.from_bytes(raw[:8], signed=True) * _MICROSECOND
        except (ValueError, OverflowError) as error:
            raise ValueError("is not a cursor that this API gave out") from error
        return cls(created_at, uuid.UUID(bytes=raw[8:]))
