"""A stage with colours: `stage.py` imports it where there is a terminal, and rich."""

import logging
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from stage import SPEAKER_WIDTH, Stage
from typing_extensions import override

# Lines that are longer are hard to read, however wide the terminal is.
WIDEST: Final = 110
SPEAKERS: Final = {"bot": "green", "rehearsal": "magenta", "defectio_tasks": "cyan"}


class ColouredStage(Stage):
    """Shows a rehearsal in colours, by rich."""

    def __init__(self) -> None:
        """Show it in the terminal."""
        super().__init__()
        self._console = Console(highlight=False)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Show a record of the log; what doesn't fit into its line goes on below its text."""
        style = SPEAKERS.get(record.name, "")
        if record.levelno >= logging.ERROR:
            text = Text(record.getMessage(), "bold red")
        elif record.levelno >= logging.WARNING:
            text = Text(record.getMessage(), "yellow")
        else:
            text = Text(record.getMessage(), style if record.name == "rehearsal" else "")
        line = Table.grid(padding=(0, 1))
        line.add_column(style="dim", no_wrap=True)
        line.add_column(style=style, min_width=SPEAKER_WIDTH, justify="right", no_wrap=True)
        line.add_column(overflow="fold")
        line.add_row(self.moment_of(record), record.name, text)
        self._show(line)

    @override
    def heading(self, text: str) -> None:
        """Show what a scene is about, on a line across the terminal."""
        self._show(Text())
        self._show(Rule(Text(text, "bold"), align="left", style="dim"))

    @override
    def code(self, text: str) -> None:
        """Show lines of Python, with an empty line after them."""
        syntax = Syntax(text, "python", theme="ansi_dark", background_color="default")
        self._show(Padding(syntax, (0, 0, 1, 0)))

    @override
    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table with lines around it."""
        table = Table(*columns, box=box.ROUNDED, border_style="dim", header_style="bold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self._show(table)

    def _show(self, shown: RenderableType) -> None:
        self._console.print(shown, width=min(self._console.width, WIDEST))
