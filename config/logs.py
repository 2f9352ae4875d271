"""Log lines: one shape for everything that is logged, as text for people or JSON for machines."""

import logging
from typing import Any

import structlog

# Without the values of local variables: among them are keys, secrets and people.
_FAULTS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def formatter(*, form: str) -> logging.Formatter:
    """The formatter of every handler; it also points structlog at the standard library."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    is_json = form == "json"
    last = structlog.processors.JSONRenderer() if is_json else _for_people()
    faults = [_FAULTS] if is_json else []
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_nothing,
            *faults,
            last,
        ],
    )


def _for_people() -> Any:
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain)


def _without_nothing(_logger: Any, _name: str, told: dict[str, Any]) -> dict[str, Any]:
    """What is not there needs no words."""
    return {name: value for name, value in told.items() if value is not None}
