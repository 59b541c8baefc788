"""Settings: the only room that reads the environment (or a .env file), safe unless told otherwise.

A value that makes no sense, and a name that nobody knows, stop the start with one sentence that
names the variable.
"""

from .database import *  # noqa: F403
from .log import *  # noqa: F403
from .mail import *  # noqa: F403
from .places import *  # noqa: F403
from .provider import *  # noqa: F403
from .reading import BASE_DIR as BASE_DIR
from .reading import KNOWN as KNOWN
from .reading import refuse_unknown_names
from .signing_in import *  # noqa: F403
from .web import *  # noqa: F403
from .worker import *  # noqa: F403

refuse_unknown_names()
