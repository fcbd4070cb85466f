"""The directive ``picture``, which draws one of the pictures for light pages and for dark ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from extension.drawings import clocks, costs, life, processes, slots
from extension.drawings.style import PALETTES, Palette, as_svg

PICTURES: Final[Mapping[str, Callable[[Palette], Figure]]] = {
    "costs": costs.draw,
    "fold": clocks.draw_fold,
    "gap": clocks.draw_gap,
    "life": life.draw,
    "overrun": slots.draw_overrun,
    "sleep": slots.draw_sleep,
    "takeover": processes.draw_takeover,
}


class Picture(SphinxDirective):
    """A picture by its name; the content says in words what there is to see."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Draw it, once for each background.

        Returns:
            The images, of which the theme shows one.
        """
        [name] = self.arguments
        self.assert_has_content()
        images: list[nodes.Node] = []
        for palette in PALETTES:
            file = Path("drawn") / f"{name}-{palette.name}.svg"
            path = Path(self.env.srcdir) / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(as_svg(PICTURES[name](palette)), encoding="utf-8")
            alternative = " ".join(self.content)
            image = nodes.image(uri=f"/{file.as_posix()}", alt=alternative, align="center")
            image["classes"] += [f"only-{palette.name}", "picture"]
            images.append(image)
        return images


def setup(app: Sphinx) -> dict[str, object]:
    """Take part in a build.

    Args:
        app: The build.
    """
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
