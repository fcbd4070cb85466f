"""A timeline as a picture to look at, written by hand: it is made of rectangles. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape
from itertools import groupby
from typing import Final

from defectio_tasks._cli.timeline import MANY, Frame, Row, show_day
from defectio_tasks._zones.instants import EPOCH

_WIDTH: Final = 1200
_MARGIN: Final = 16
_TOP: Final = 72
_ROW: Final = 46
_BAR: Final = 16
# Days with less room than this have only the day of the month above them, or nothing.
_ROOM_FOR_DATE: Final = 90
_ROOM_FOR_DAY: Final = 20
_STYLE: Final = """\
  svg { color-scheme: light dark; background: #fff; font: 13px system-ui, sans-serif }
  text { fill: #222 } .dim { fill: #666 } .day { fill: #f2f2f2 } .odd { fill: #e8e8e8 }
  .run { fill: #1f6feb } .mark { fill: #d9480f }
  @media (prefers-color-scheme: dark) {
    svg { background: #14171c }
    text { fill: #e6e6e6 } .dim { fill: #9aa4b2 } .day { fill: #1d222a } .odd { fill: #262c36 }
    .run { fill: #58a6ff } .mark { fill: #ff922b }
  }
"""


def draw_svg(rows: Sequence[Row], frame: Frame, title: str) -> str:
    """Return a picture of when loops run: a bar for each, as dark as it runs often.

    Args:
        rows: The loops.
        frame: What the picture shows.
        title: What is above it.
    """
    height = _TOP + len(rows) * _ROW + _MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<style>\n{_STYLE}</style>",
        f'<text x="{_MARGIN}" y="28" font-size="16" font-weight="600">{escape(title)}</text>',
        *_days(frame, height),
    ]
    for number, row in enumerate(rows):
        lines += _bar(row, frame, _TOP + number * _ROW)
    return "\n".join((*lines, "</svg>", ""))


def _days(frame: Frame, height: int) -> Iterator[str]:
    width = (_WIDTH - 2 * _MARGIN) / frame.days
    for number in range(frame.days):
        day, x = frame.first + timedelta(days=number), _MARGIN + number * width
        kind = "odd" if number % 2 else "day"
        yield (
            f'<rect class="{kind}" x="{x:.2f}" y="{_TOP - 26}" width="{width:.2f}" '
            f'height="{height - _TOP + 26 - _MARGIN}"/>'
        )
        shown = show_day(day) if width >= _ROOM_FOR_DATE else str(day.day)
        if width >= _ROOM_FOR_DAY:
            yield f'<text class="dim" x="{x + 4:.2f}" y="{_TOP - 10}">{shown}</text>'


def _bar(row: Row, frame: Frame, top: int) -> Iterator[str]:
    name, when = escape(row.name), escape(row.when)
    yield (
        f'<text x="{_MARGIN + 4}" y="{top + 12}">{name} <tspan class="dim">{when}</tspan></text>'
    )
    width = (_WIDTH - 2 * _MARGIN) / len(row.counts)
    looks = ((min(count, MANY), index in row.marked) for index, count in enumerate(row.counts))
    index = 0
    for (count, marked), alike in groupby(looks):
        length = len(list(alike))
        if count:
            x, opacity = _MARGIN + index * width, 0.35 + 0.65 * count / MANY
            kind = "mark" if marked else "run"
            # One is to be seen, however short it is.
            shown = max(length * width - 0.4, 1.5)
            day, cell = divmod(index, frame.cells)
            clock = EPOCH + timedelta(days=1) / frame.cells * cell
            hint = f"{show_day(frame.first + timedelta(days=day))} {clock:%H:%M}"
            yield (
                f'<rect class="{kind}" x="{x:.2f}" y="{top + 18}" width="{shown:.2f}" '
                f'height="{_BAR}" opacity="{1 if marked else opacity:.2f}">'
                f"<title>{name}, {hint}</title></rect>"
            )
        index += length
