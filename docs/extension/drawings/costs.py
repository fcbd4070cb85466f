"""What loops cost, as the table of the benchmarks has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from benchmarks.adapters import FLOOR, LABELS, OURS
from benchmarks.catalogue import FULL, make_catalogue
from extension.drawings.style import WIDTH, Palette

TABLE: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "benchmarks.md"
DECADES: Final = (0.1, 10, 100)
CELL: Final = re.compile(r"([\d.]+) ±([\d.]+)")


def draw(palette: Palette) -> Figure:
    """Draw a line for each cost, and on it a dot for each library's ratio to the floor."""
    rows = read_table(TABLE.read_text(encoding="utf-8"))
    # In inches: the rows, between the scale below and the names above.
    height = 0.42 * len(rows) + 1.1
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.02, 0.5 / height, 0.96, 1 - 1.0 / height))
    axes.set_xscale("log")
    axes.set_ylim(len(rows) - 0.3, -0.75)
    for place, (label, ratios) in enumerate(rows.items()):
        axes.axhline(place, color=palette.fill, linewidth=9, zorder=0)
        axes.vlines(
            DECADES, place - 0.16, place + 0.16, color=palette.faint, linewidth=0.8, zorder=1
        )
        axes.vlines(1, place - 0.16, place + 0.16, color=palette.ink, linewidth=1.5, zorder=2)
        left = axes.get_yaxis_transform()
        axes.text(0, place - 0.25, label, transform=left, color=palette.ink, fontsize=8.5)
        _draw_dots(axes, place, ratios, palette)
    _draw_scale(axes, palette)
    shown = axes.get_legend_handles_labels()
    unique = dict(zip(shown[1], shown[0], strict=True))
    figure.legend(
        unique.values(),
        unique,
        loc="upper center",
        ncols=4,
        frameon=False,
        fontsize=8.5,
        labelcolor=palette.ink,
        handletextpad=0.1,
        columnspacing=1.2,
    )
    return figure


def read_table(text: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the charted rows: of each candidate the ratio to the floor, and its spread."""
    charted = {
        row.label
        for measure in make_catalogue(FULL).measures
        for row in measure.rows
        if row.charted
    }
    by_label = {label: name for name, label in LABELS.items()}
    names: list[str] = []
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    for line in text.splitlines():
        label, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if not names and FLOOR in cells:
            names = [by_label.get(cell, "") for cell in cells]
        elif label in charted:
            found = {
                name: (float(cell[1]), float(cell[2]))
                for name, text in zip(names, cells, strict=True)
                if name not in {"", FLOOR} and (cell := CELL.match(text))
            }
            rows[label] = found
    return rows


def _draw_dots(
    axes: Axes, place: int, ratios: dict[str, tuple[float, float]], palette: Palette
) -> None:
    # This library comes last, on top of the others.
    peers = [name for name in LABELS if name not in {FLOOR, OURS}]
    colours = dict(zip(peers, palette.others, strict=True)) | {OURS: palette.accent}
    for name in [*peers, OURS]:
        if name in ratios:
            ratio, spread = ratios[name]
            axes.errorbar(
                ratio,
                place,
                xerr=min(spread, ratio * 0.9),
                color=colours[name],
                fmt="o",
                markersize=7 if name == OURS else 5,
                linewidth=1.5,
                label=LABELS[name],
                zorder=4 if name == OURS else 3,
            )


def _draw_scale(axes: Axes, palette: Palette) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}"))
    axes.tick_params(axis="x", colors=palette.ink, labelsize=8.5, length=0)
    axes.tick_params(axis="x", which="minor", length=0)
    axes.yaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(
        "times the cost of a bare loop: less is better", color=palette.ink, fontsize=8.5
    )
