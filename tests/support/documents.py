"""The pieces of Python in the README and in `docs/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

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
