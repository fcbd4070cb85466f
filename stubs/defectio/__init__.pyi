# Types of defectio 0.2.3a0, as far as this repository uses it.

from .client import Client as Client
from .errors import (
    ClientException as ClientException,
    DefectioException as DefectioException,
    Forbidden as Forbidden,
    GatewayNotFound as GatewayNotFound,
    HTTPException as HTTPException,
    InvalidArgument as InvalidArgument,
    InvalidData as InvalidData,
    LoginFailure as LoginFailure,
    RevoltServerError as RevoltServerError,
)
from .models import (
    DMChannel as DMChannel,
    GroupChannel as GroupChannel,
    Message as Message,
    Reply as Reply,
    TextChannel as TextChannel,
    User as User,
    VoiceChannel as VoiceChannel,
    abc as abc,
)

__all__ = (
    "Client",
    "Message",
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
