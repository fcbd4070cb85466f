from .bot import Bot as Bot
from .cog import Cog as Cog, CogMeta as CogMeta
