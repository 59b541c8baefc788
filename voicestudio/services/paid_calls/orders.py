"""Orders: the refusals that orders for clones and for speech share."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from voicestudio import words
from voicestudio.models import Action, PaidCall
from voicestudio.services.money import limits
from voicestudio.services.money.limits import LimitReached
from voicestudio.services.permissions import may
from voicestudio.words import Message
from voicestudio.words.paid_calls import SENT_BY_ANOTHER_PERSON, SENT_WITH_OTHER_CONTENT

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class OrderRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """An order that is not accepted; `field` names the part, `message` the reason for people.

    `field` is "" where no part is wrong, but the order as a whole.
    """

    def __init__(self, field: str, message: Message) -> None:
        super().__init__(f"order refused because of {field or 'its price'}")
        self.field = field
        self.message = message


class OtherContent(OrderRefused):
    """The form was sent before with other content; `earlier` is the call that it made.

    `differences` are the names of the columns in which the order and the earlier call differ.
    """

    def __init__(self, earlier: PaidCall, differences: list[str]) -> None:
        super().__init__("", SENT_WITH_OTHER_CONTENT)
        self.earlier = earlier
        self.differences = differences


class OtherPerson(OrderRefused):
    """The form was sent before by another person, whose call is not shown."""

    def __init__(self) -> None:
        super().__init__("", SENT_BY_ANOTHER_PERSON)


class OverLimit(OrderRefused):
    """A budget leaves too little for this order; `by` is the person who asked."""

    def __init__(self, reached: LimitReached, *, by: "User") -> None:
        budget = reached.budget
        message = words.message_for_limit(
            reached.price,
            budget.left,
            settings.CURRENCY,
            kind=budget.kind,
            with_figures=limits.may_see(by, budget),
        )
        super().__init__("", limits.message_for_reader(message, by))
        self.budget = budget


def check_owner(earlier: PaidCall | None, by: "User") -> None:
    """Raise `OtherPerson` unless the call that the same form has made may be shown to `by`.

    That is a call of someone else, or of a project that this person has left.
    """
    if earlier is None:
        return
    if earlier.created_by_id != by.pk or not may(by, Action.SEE, earlier.project_id):
        raise OtherPerson


def check_model(model: str) -> None:
    """Raise `OrderRefused` unless the studio offers this model."""
    if model not in settings.MINIMAX_MODELS:
        raise OrderRefused(
            "model",
            Message(_("This studio does not offer that model."), _("Choose another model.")),
        )
