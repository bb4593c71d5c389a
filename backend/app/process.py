"""What both programs (`app`, `app.migrate`) owe the one who started them."""

from __future__ import annotations

import signal
from typing import NoReturn

EX_FAILED = 1
EX_UNAVAILABLE = 69
"""The database can't be reached (sysexits.h)."""
EX_CONFIG = 78
"""The environment is wrong (sysexits.h)."""


def stop_on_sigterm() -> None:
    """End at SIGTERM: as PID 1 a process ignores it unless it is handled."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
