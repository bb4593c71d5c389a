"""`python -m app`: one process, one event loop. Kubernetes runs more of them."""

from __future__ import annotations

import sys

import structlog

from app.logs import configure_logging
from app.process import EX_CONFIG, stop_on_sigterm
from app.settings import ConfigurationError, Settings


def main() -> int:
    stop_on_sigterm()  # until the server takes the signal over
    configure_logging()
    try:
        settings = Settings.load()
    except ConfigurationError as error:
        structlog.get_logger(__name__).critical(f"wrong environment: {error}", problems=error.problems)
        return EX_CONFIG

    # Imported late, so that a wrong environment is reported at once.
    from app.api import create_api, wrap
    from app.http.drain import Drain
    from app.server import serve

    drain = Drain()
    serve(wrap(create_api(settings), drain), drain, settings.port, settings.drain_seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
