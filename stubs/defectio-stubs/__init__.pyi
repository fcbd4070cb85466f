from typing import Literal, NamedTuple

from . import utils as utils
from .client import Client as Client
from .errors import ClientException as ClientException
from .errors import DefectioException as DefectioException
from .errors import Forbidden as Forbidden
from .errors import GatewayNotFound as GatewayNotFound
from .errors import HTTPException as HTTPException
from .errors import InvalidArgument as InvalidArgument
from .errors import InvalidData as InvalidData
from .errors import LoginFailure as LoginFailure
from .errors import RevoltServerError as RevoltServerError
from .models import Attachment as Attachment
from .models import Category as Category
from .models import DMChannel as DMChannel
from .models import Embed as Embed
from .models import File as File
from .models import GroupChannel as GroupChannel
from .models import Member as Member
from .models import Message as Message
from .models import RawMessageDeleteEvent as RawMessageDeleteEvent
from .models import RawMessageUpdateEvent as RawMessageUpdateEvent
from .models import Reply as Reply
from .models import Role as Role
from .models import Server as Server
from .models import Status as Status
from .models import TextChannel as TextChannel
from .models import User as User
from .models import VoiceChannel as VoiceChannel
from .models import abc as abc

__all__ = (
    "Client",
    "Member",
    "Message",
    "Server",
    "User",
    "__author__",
    "__copyright__",
    "__license__",
    "__title__",
    "__version__",
    "abc",
)

__title__: str
__author__: str
__license__: str
__copyright__: str
__version__: str

class VersionInfo(NamedTuple):
    major: int
    minor: int
    micro: int
    releaselevel: Literal["alpha", "beta", "candidate", "final"]
    serial: int

version_info: VersionInfo
