"""Where a rehearsal is shown: in colours in a terminal, where rich is installed, else as text."""

import abc
import logging
import os
import sys
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

# For the name of a logger, the longest of which is this package's.
SPEAKER_WIDTH: Final = len("defectio_tasks")


class Stage(logging.Handler, abc.ABC):
    """A handler of the log that knows headings, code and tables besides."""

    @abc.abstractmethod
    def heading(self, text: str) -> None:
        """Show what a scene is about."""

    @abc.abstractmethod
    def code(self, text: str) -> None:
        """Show lines of Python."""

    @abc.abstractmethod
    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table."""

    @staticmethod
    def moment_of(record: logging.LogRecord) -> str:
        """Return when a record was made, in UTC, to the tenth of a second."""
        return f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S.%f}"[:-5]


class PlainStage(Stage):
    """Text without colours, for pipes, files and whoever sets `NO_COLOR`."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Show a record of the log in one line."""
        name = f"{record.name:>{SPEAKER_WIDTH}}"
        self._show(f"{self.moment_of(record)} {name}  {record.getMessage()}")

    @override
    def heading(self, text: str) -> None:
        """Show what a scene is about, below an empty line."""
        self._show(f"\n--- {text}")

    @override
    def code(self, text: str) -> None:
        """Show lines of Python further to the right, with an empty line after them."""
        self._show(textwrap.indent(text, "    ") + "\n")

    @override
    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table in columns."""
        widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self._show("  ".join(cells).rstrip())

    @staticmethod
    def _show(text: str) -> None:
        print(text, flush=True)  # At once, also where the output goes through a pipe.


def open_stage() -> Stage:
    """Return where to show a rehearsal, as the terminal and `NO_COLOR` have it."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return PlainStage()
    try:
        from coloured_stage import ColouredStage  # noqa: PLC0415 -- rich is an extra
    except ImportError:
        return PlainStage()
    return ColouredStage()
