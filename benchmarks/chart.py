"""The chart: the ratios as a picture, in SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

from benchmarks.adapters import FLOOR, LABELS, OURS
from benchmarks.report import Report, Spread

WIDTH: Final = 900
LEFT: Final = 270
RIGHT: Final = 30
TOP: Final = 44
ROW: Final = 30
BOTTOM: Final = 44

# Distinct also for those who see few colours; this library's is the one that catches the eye.
COLOURS: Final = {
    OURS: "#d00000",
    "defectio": "#0072b2",
    "discord_py": "#56b4e9",
    "py_cord": "#009e73",
    "disnake": "#8a6d00",
    "nextcord": "#cc79a7",
    "apscheduler": "#444444",
    "aiocron": "#aaaaaa",
}


@dataclass
class Axis:
    """A logarithmic axis between two powers of ten."""

    least: int
    most: int

    @classmethod
    def over(cls, spreads: Sequence[Spread]) -> Axis:
        """Make one on which all spreads have their place."""
        least = floor(log10(min((spread.low for spread in spreads), default=1.0)))
        most = ceil(log10(max((spread.high for spread in spreads), default=1.0)))
        return cls(min(least, 0), max(most, 1))

    def at(self, ratio: float) -> float:
        """Tell where a ratio is."""
        part = (log10(ratio) - self.least) / (self.most - self.least)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def ticks(self) -> list[float]:
        """Tell the ratios that are labelled."""
        return [10.0**exponent for exponent in range(self.least, self.most + 1)]


def draw(report: Report, candidates: Sequence[str]) -> str:
    """Draw each charted row, with a dot for each candidate's ratio to the floor."""
    # This library comes last, on top of the others.
    shown = [name for name in reversed(candidates) if name != FLOOR]
    rows = [
        (line.row.label, {name: ratio for name in shown if (ratio := line.cells[name].ratio)})
        for line in report.lines
        if line.row.charted
    ]
    axis = Axis.over([ratio for _, ratios in rows for ratio in ratios.values()])
    bottom = TOP + ROW * len(rows)
    namespace = "http://www.w3.org/2000/svg"
    size = f"0 0 {WIDTH} {bottom + BOTTOM}"
    parts = [
        f'<svg xmlns="{namespace}" viewBox="{size}" font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_legend(list(reversed(shown))),
        *_scale(axis, bottom),
    ]
    for index, (label, ratios) in enumerate(rows):
        y = TOP + ROW * (index + 0.5)
        parts.append(_text(LEFT - 12, y + 4, label, "end"))
        for name, ratio in ratios.items():
            parts += _dot(axis, y, name, ratio)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend(candidates: Sequence[str]) -> Iterator[str]:
    x = 12.0
    for name in candidates:
        yield f'<circle cx="{x:.1f}" cy="18" r="5" fill="{COLOURS[name]}"/>'
        yield _text(x + 9, 22, LABELS[name], "start")
        x += 40 + 7 * len(LABELS[name])


def _scale(axis: Axis, bottom: float) -> Iterator[str]:
    for ratio in axis.ticks():
        x, colour = axis.at(ratio), "#444" if ratio == 1 else "#ccc"
        yield f'<path d="M{x:.1f} {TOP}V{bottom:.1f}" stroke="{colour}"/>'
        yield _text(x, bottom + 16, f"{ratio:g}", "middle")
    note = "times the floor's cost, on a logarithmic scale: less is better"
    yield _text((LEFT + WIDTH - RIGHT) / 2, bottom + 34, note, "middle")


def _dot(axis: Axis, y: float, name: str, ratio: Spread) -> Iterator[str]:
    colour, radius = COLOURS[name], 6 if name == OURS else 4
    low, middle, high = (axis.at(each) for each in (ratio.low, ratio.median, ratio.high))
    yield f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{colour}" stroke-width="2"/>'
    title = escape(f"{LABELS[name]}: {ratio.median:.2f}")
    yield (
        f'<circle cx="{middle:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}">'
        f"<title>{title}</title></circle>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
