from . import abc as abc
from .auth import Auth as Auth
from .channel import (
    DMChannel as DMChannel,
    GroupChannel as GroupChannel,
    MessageableChannel as MessageableChannel,
    TextChannel as TextChannel,
    VoiceChannel as VoiceChannel,
)
from .file import File as File
from .message import Message as Message, Reply as Reply
from .user import User as User
