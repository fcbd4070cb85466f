"""The pieces of Python in the README."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

README: Final = Path(__file__).resolve().parents[2] / "README.md"
PIECES: Final = re.findall(r"(?ms)^```python\n(.*?)^```", README.read_text(encoding="utf-8"))
