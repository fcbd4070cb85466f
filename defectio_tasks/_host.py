"""The only importer of the host (defectio) and of aiohttp; imported when a loop first starts."""

from __future__ import annotations

from typing import Final

import aiohttp
import defectio

CONNECTION_ERRORS: Final[tuple[type[Exception], ...]] = (
    aiohttp.ClientError,
    defectio.GatewayNotFound,
)
"""What the host and its HTTP library raise when the network, or the server, is gone."""
