"""Logs: JSON lines on standard error, without personal data."""

import json
import logging
import sys

import structlog


def set_up_logs() -> None:
    """Let structlog write one JSON object a line; other libraries only warnings, and only their place."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # as it is when something is said, not now
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlaceOnly())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


class _PlaceOnly(logging.Formatter):
    """A foreign message may carry anything, a statement's parameters too: only level, place and kind are written."""

    def format(self, record: logging.LogRecord) -> str:
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        place = f"{record.name}:{record.lineno}"
        return json.dumps({"level": record.levelname.lower(), "event": "library", "place": place, "kind": kind})
