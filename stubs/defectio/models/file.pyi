import io
import os

class File:
    fp: io.BufferedIOBase
    filename: str | None
    spoiler: bool
    # The host opens whatever is not bytes: a buffer, which its signature allows, is an error.
    def __init__(
        self,
        file: str | bytes | os.PathLike[str],
        *,
        filename: str | None = None,
        spoiler: bool = False,
    ) -> None: ...
    def reset(self, *, seek: int | bool = True) -> None: ...
    def close(self) -> None: ...
