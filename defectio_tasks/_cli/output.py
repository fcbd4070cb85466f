"""What is shown in a terminal: as plain text, or with the colours of rich."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from typing_extensions import override

if TYPE_CHECKING:
    from rich.console import Console

Style: TypeAlias = Literal["", "bold", "dim", "yellow", "green"]
# Nothing is folded where there is no terminal.
_ENDLESS: Final = 10_000
_BETWEEN: Final = 2


class Output(Protocol):
    """Where lines are shown."""

    def line(self, text: str = "", style: Style = "") -> None:
        """Show a line.

        Args:
            text: The line.
            style: How it looks, where there are colours.
        """
        ...


class Plain(Output):
    """Plain text."""

    @override
    def line(self, text: str = "", style: Style = "") -> None:
        """Show a line as it is."""
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


class Coloured(Output):
    """Text with colours, by rich."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @override
    def line(self, text: str = "", style: Style = "") -> None:
        """Show a line with a style; it is folded by the terminal alone."""
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def open_output() -> Output:
    """Return where to show lines: colours come with rich, and on a terminal alone."""
    if not sys.stdout.isatty():
        return Plain()
    try:
        from rich.console import Console  # noqa: PLC0415 -- an extra
    except ImportError:
        return Plain()
    # It knows what terminals can do, and heeds `NO_COLOR`.
    return Coloured(Console(file=sys.stdout))


def width_of_terminal(otherwise: int = _ENDLESS) -> int:
    """Return how many characters a line may have."""
    return shutil.get_terminal_size((otherwise, 0)).columns


def show_table(
    output: Output,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    marked: Collection[int] = (),
) -> None:
    """Show a table; where it is too wide, each row as a block of lines.

    Args:
        output: Where.
        columns: What is above each of the columns.
        rows: The cells.
        marked: The numbers of rows that are to be seen first.
    """
    # A column without anything in it is left out.
    filled = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    widths = [max(len(line[index]) for line in (columns, *rows)) for index in filled]
    if sum(widths) + _BETWEEN * (len(widths) - 1) <= width_of_terminal():
        for number, line in enumerate((columns, *rows), -1):
            cells = [line[index].ljust(width) for index, width in zip(filled, widths, strict=True)]
            style: Style = "bold" if number < 0 else "yellow" if number in marked else ""
            output.line((" " * _BETWEEN).join(cells).rstrip(), style)
        return
    for number, row in enumerate(rows):
        first, *others = (index for index in filled if row[index])
        output.line(row[first], "yellow" if number in marked else "bold")
        for index in others:
            output.line(f"  {columns[index].strip()}: {row[index]}")
