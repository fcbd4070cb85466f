"""The life of a run, as the table in the code has it."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from sphinx.pycode import ModuleAnalyzer

from defectio_tasks._run.run import FINISHING, OVER, TRANSITIONS, Stage
from extension.drawings.style import Palette, figure_of, new_axes, write

STAGES: Final = tuple(Stage)
HALF_WIDTH, HALF_HEIGHT = 1.35, 0.27
STEP: Final = 1.0
# What leads to a stage from wherever a run is.
CAUSES: Final = {FINISHING: "stop, cancel\nor a failure", OVER: "the event\nloop is gone"}


def draw(palette: Palette) -> Figure:
    """Draw a box for each stage, in their order, and an arrow for each transition."""
    axes = new_axes(0.85 * len(STAGES))
    axes.set_xlim(-2.75, 2.75)
    axes.set_ylim(-STEP * (len(STAGES) - 1) - 0.4, 0.5)
    documented = ModuleAnalyzer.for_module(Stage.__module__).find_attr_docs()
    for stage in STAGES:
        about = documented.get((Stage.__name__, stage.name), [""])[0].replace("``", "")
        _box(axes, stage, about, palette)
    for stage, following in TRANSITIONS.items():
        for target in sorted(following, key=STAGES.index):
            _arrow(axes, stage, target, palette)
    beside = HALF_WIDTH + 0.1
    place = beside, _height(FINISHING) - 0.35
    write(axes, place, CAUSES[FINISHING], palette.accent, align="left")
    write(axes, (-beside, 0.22), CAUSES[OVER], palette.faint, align="right")
    return figure_of(axes)


def _height(stage: Stage) -> float:
    return -STEP * STAGES.index(stage)


def _box(axes: Axes, stage: Stage, about: str, palette: Palette) -> None:
    corner = (-HALF_WIDTH, _height(stage) - HALF_HEIGHT)
    box = FancyBboxPatch(
        corner,
        2 * HALF_WIDTH,
        2 * HALF_HEIGHT,
        boxstyle="round,pad=0,rounding_size=0.12",
        facecolor=palette.fill,
        edgecolor=palette.faint,
    )
    axes.add_patch(box)
    height = _height(stage)
    name = stage.name.lower()
    write(axes, (0, height + 0.1 * bool(about)), name, palette.ink, size=10.5, bold=True)
    write(axes, (0, height - 0.13), about.rstrip("."), palette.ink, size=7.5)


def _arrow(axes: Axes, stage: Stage, target: Stage, palette: Palette) -> None:
    steps = STAGES.index(target) - STAGES.index(stage)
    above, below = _height(stage), _height(target)
    if steps == 1:
        path = Path([(0, above - HALF_HEIGHT), (0, below + HALF_HEIGHT)])
        colour, style = palette.ink, "-"
    else:
        # To the end on the left, back or on to the finish on the right.
        side = -1 if target is OVER else 1
        edge = side * HALF_WIDTH
        bulge = side * (HALF_WIDTH + 0.28 * abs(steps) + 0.1)
        start, end = (
            (above - 0.1, below + 0.26 - 0.07 * steps) if steps > 0 else (above + 0.1, below - 0.1)
        )
        points = [(edge, start), (bulge, start), (bulge, end), (edge, end)]
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        colour, style = (palette.faint, "--") if target is OVER else (palette.accent, "-")
        if steps < 0:
            colour = palette.ink
    axes.add_patch(
        FancyArrowPatch(
            path=path,
            arrowstyle="-|>",
            mutation_scale=10,
            color=colour,
            linestyle=style,
            shrinkA=0,
            shrinkB=0,
        )
    )
