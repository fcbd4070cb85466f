"""The pieces of Python in the README and in `docs/`."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import REGISTRY

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

PIECES: Final[Mapping[str, str]] = {
    f"{document.stem.lower()}_{number}": piece
    for document in DOCUMENTS
    for number, piece in enumerate(
        re.findall(r"(?ms)^```python\n(.*?)^```", document.read_text(encoding="utf-8")), 1
    )
}
"""By names that would do for modules."""


@contextmanager
def metrics_of_its_own() -> Generator[None]:
    """Forget the metrics of a piece at the end, so that it can run again in this process."""
    known = set(REGISTRY._collector_to_names)
    yield
    for collector in set(REGISTRY._collector_to_names) - known:
        REGISTRY.unregister(collector)
