"""Settings: the only package that reads the environment and the .env file.

An invalid value and an unknown name stop the start with one sentence that names the variable.
"""

from .authentication import *  # noqa: F403
from .database import *  # noqa: F403
from .environment import BASE_DIR as BASE_DIR
from .environment import KNOWN as KNOWN
from .environment import SET_VALUES as SET_VALUES
from .environment import check_unknown_names
from .log import *  # noqa: F403
from .mail import *  # noqa: F403
from .openid import *  # noqa: F403
from .paths import *  # noqa: F403
from .provider import *  # noqa: F403
from .storage import *  # noqa: F403
from .web import *  # noqa: F403
from .worker import *  # noqa: F403

check_unknown_names()
