from typing import Literal, TypeAlias

EmbedType: TypeAlias = Literal["text"]
