"""How all pictures look, on light pages and on dark ones."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# In inches: half of a page, and nearly all of a telephone.
WIDTH: Final = 5.0
Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours that can be told apart on one background, also by those who see few of them."""

    name: str
    ink: str
    faint: str
    fill: str
    accent: str
    calm: str
    others: tuple[str, ...]


LIGHT: Final = Palette(
    name="light",
    ink="#20242a",
    faint="#6b7480",
    fill="#eef1f5",
    accent="#c2410c",
    calm="#0b62b3",
    others=("#0072b2", "#56b4e9", "#009e73", "#8a6d00", "#cc79a7", "#5b5f66", "#a0a4ab"),
)
DARK: Final = Palette(
    name="dark",
    ink="#e4e7eb",
    faint="#8f98a3",
    fill="#262c34",
    accent="#ff9d5c",
    calm="#6cb6ff",
    others=("#4da3ff", "#9ad7ff", "#2fd6a4", "#d9b648", "#e9a4cd", "#b4bac2", "#6f7680"),
)
PALETTES: Final = (LIGHT, DARK)


def new_axes(height: float) -> Axes:
    """Make an empty picture without a frame.

    Args:
        height: Its height, in inches.
    """
    axes = Figure(figsize=(WIDTH, height)).add_axes((0, 0, 1, 1))
    axes.axis("off")
    return axes


def write(  # noqa: PLR0913 -- where, what and how
    axes: Axes,
    place: tuple[float, float],
    text: str,
    colour: str,
    *,
    size: float = 8.5,
    align: Align = "center",
    bold: bool = False,
) -> None:
    """Write a text at a place, which is half as high as the text.

    Args:
        axes: The picture.
        place: Where.
        text: What.
        colour: In which colour.
        size: In points.
        align: Which part of the text is there.
        bold: Whether it is to catch the eye.
    """
    weight = "bold" if bold else "normal"
    axes.text(*place, text, ha=align, va="center", color=colour, fontsize=size, weight=weight)


def figure_of(axes: Axes) -> Figure:
    """Return the picture that has these axes."""
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 -- `new_axes` has made it
    return figure


def as_svg(figure: Figure) -> str:
    """Return a picture as SVG, the same each time."""
    with mpl.rc_context({"svg.hashsalt": "defectio_tasks"}), io.StringIO() as text:
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
        return text.getvalue()
