import io
import os

class File:
    fp: io.BufferedReader | io.BytesIO
    # None for bytes without a name.
    filename: str | None
    spoiler: bool
    # Bytes are a content, all else is the path of a file: the host tries to open even a buffer,
    # which its signature allows.
    def __init__(
        self,
        file: str | bytes | os.PathLike[str],
        *,
        filename: str | None = None,
        spoiler: bool = False,
    ) -> None: ...
    def reset(self, *, seek: int = True) -> None: ...
    def close(self) -> None: ...
