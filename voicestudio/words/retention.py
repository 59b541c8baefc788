"""Words, retention: what a rule is about, and what is never due."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the values of `models.retention.RetentionKind`.
EXPLANATIONS: Final[dict[str, str | Promise]] = {
    "recordings": _(
        "Uploads, cuts, clean copies and prompt clips, here and at MiniMax. Never due: what a "
        "voice was made from until that voice is deleted, what a request under way, interrupted or "
        "of unknown outcome needs, and an original while a copy of it is left."
    ),
    "speeches": _(
        "The audio of generated speech. Its text, costs and times stay, and so do the previews "
        "of clone attempts."
    ),
    "drafts": _(
        "Forms that were sent after the sign-in had expired, with their files. They wait until "
        "the person signs in again."
    ),
    "answers": _(
        "MiniMax's responses word for word, for support. Status codes, trace IDs, costs and audio "
        "stay. Never due: a response while its outcome is unknown or its audio is still to come."
    ),
}
