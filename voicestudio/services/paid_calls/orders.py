"""Orders: the refusals that orders for clones and for speech share."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voicestudio.words import Message


class OrderRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """An order that is not accepted; `field` names the part, `message` the reason for people.

    `field` is "" where no part is wrong, but the order as a whole.
    """

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(f"order refused because of {field or 'its price'}")
        self.field = field
        self.message = message


class OverLimit(OrderRefused):
    """The month's limit leaves too little for this order."""

    def __init__(self) -> None:
        super().__init__(
            "",
            Message(
                _("This month's limit for paid calls is reached."),
                _("An administrator can raise it."),
            ),
        )


def check_model(model: str) -> None:
    """Raise `OrderRefused` unless the studio offers this model."""
    if model not in settings.MINIMAX_MODELS:
        raise OrderRefused(
            "model", Message(_("This studio does not offer that model."), _("Choose another one."))
        )
