"""The only importer of the host (defectio) and of aiohttp; imported by a loop's first start."""

from __future__ import annotations

from typing import Final

import aiohttp
import defectio

CONNECTION_ERRORS: Final[tuple[type[Exception], ...]] = (
    aiohttp.ClientError,
    defectio.GatewayNotFound,
)
"""What the host and its HTTP library raise when the network, or the server, is gone."""
