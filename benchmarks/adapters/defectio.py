"""defectio."""

from __future__ import annotations

from benchmarks.adapters._tasks import ForkAdapter


class Defectio(ForkAdapter):
    """`defectio.ext.tasks` of defectio."""

    module = "defectio.ext.tasks"
    package = "defectio"


ADAPTER = Defectio
