"""Log lines of a process: one a line on standard error, readable on a terminal, else JSON."""

import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class _Screen:
    """Standard error that never fails: what reads it may be gone, and we are to serve on."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def set_up_log(process: str) -> structlog.stdlib.BoundLogger:
    """The log of this process. Nothing is logged on the path of a message."""
    is_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Screen())),
    )
    log: structlog.stdlib.BoundLogger = structlog.get_logger(process=process)
    return log
