"""All that the package knows of its host (issue 2, contract L8)."""

from __future__ import annotations

import re
from pathlib import Path

import aiohttp
import defectio

import defectio_tasks
from defectio_tasks._policy.host import CONNECTION_ERRORS


def test_l8_connection_errors() -> None:
    """L8: what the host and its HTTP library raise when the network or the server is gone."""
    assert set(CONNECTION_ERRORS) == {aiohttp.ClientError, defectio.GatewayNotFound}


def test_design_only_importer_of_the_host() -> None:
    """DESIGN: only this room imports defectio and aiohttp."""
    imports_host = re.compile(r"^\s*(?:import|from) +(?:defectio|aiohttp)\b(?!_)", re.MULTILINE)
    rooms = Path(defectio_tasks.__file__).parent.rglob("*.py")
    importers = {room.name for room in rooms if imports_host.search(room.read_text("utf-8"))}
    assert importers == {"host.py"}
