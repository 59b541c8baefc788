"""Words, retention: what a rule deletes, and what is kept although it is as old."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Both by the values of `models.retention.RetentionKind`.
DELETED: Final[dict[str, str | Promise]] = {
    "recordings": _("Uploads, cuts, clean copies and prompt clips, here and at MiniMax"),
    "speeches": _("The audio of generated speech"),
    "drafts": _("Forms that were sent after the sign-in had expired, with their files"),
    "answers": _("MiniMax's responses word for word, which help support"),
}
KEPT: Final[dict[str, str | Promise]] = {
    "recordings": _(
        "Recordings of voices that exist, recordings that a request still needs, and originals "
        "of copies that are kept"
    ),
    "speeches": _("Texts, costs and times, and the previews of clone attempts"),
    "drafts": _("Forms that were opened again after signing in"),
    "answers": _(
        "Status codes, trace IDs, costs and audio, and a response while its outcome is unknown or "
        "its audio is still to come"
    ),
}
