"""The logger ``defectio_tasks``, and what is logged that is no event."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

logger: Final = logging.getLogger("defectio_tasks")


is_enabled: Final = logger.isEnabledFor
"""Returns whether the log takes anything at a level."""


def write(level: int, message: str, *values: object, error: BaseException | None = None) -> None:
    """Log a message; what a handler raises isn't felt."""
    with suppress(Exception):
        logger.log(level, message, *values, exc_info=error)


def run_began(name: str) -> None:
    """Log that a run begins, which is no event: there is no slot yet."""
    write(logging.DEBUG, "loop %r begins", name)
