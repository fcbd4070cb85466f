"""The pieces of Python in the README and in `docs/`."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
DOCUMENTS: Final = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

# Stand-ins for what pages name and nobody has to install.
HOSTS: Final = ROOT / "tests" / "support" / "hosts"


def _find() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        place = document.relative_to(DOCS if DOCS in document.parents else ROOT).with_suffix("")
        stem = re.sub(r"\W", "_", str(place)).lower()
        for number, piece in enumerate(re.findall(r"(?ms)^```python\n(.*?)^```", text), 1):
            file = re.match(r"# (\w+)\.py\n", piece)
            yield (f"{stem}_{number}" if file is None else file[1]), piece


PIECES: Final[Mapping[str, str]] = dict(_find())
"""By names that would do for modules; one whose first line names its file, by that."""


@contextmanager
def metrics_of_its_own() -> Generator[None]:
    """Forget the metrics of a piece at the end, so that it can run again in this process."""
    known = set(REGISTRY._collector_to_names)
    yield
    for collector in set(REGISTRY._collector_to_names) - known:
        REGISTRY.unregister(collector)
