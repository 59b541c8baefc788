"""Words, OpenID: why a sign-in through the provider was refused, and what to do."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .messages import Message

ASK: Final = _("Ask an administrator.")
INVITE: Final = _("Ask an administrator for an invitation.")
AGAIN: Final = _("Start again.")

# By the reason of a refusal; %(name)s is what the settings call the provider.
REFUSALS: Final[dict[str, Message]] = {
    # Of the person
    "no_address": Message(
        _("%(name)s doesn't tell the studio your mail address, so it can't find your account."), ASK
    ),
    "unverified": Message(
        _("%(name)s hasn't verified your mail address, so the studio can't rely on it."),
        _("Verify it there, then sign in again."),
    ),
    "deactivated": Message(_("Your account here is deactivated."), ASK),
    "shared": Message(_("Several people here have your mail address."), ASK),
    "other_account": Message(
        _("Another account at %(name)s is joined to the person with your mail address."),
        _("Sign in with your password and disconnect it, or ask an administrator."),
    ),
    "other_address": Message(
        _("The invitation is for another mail address than the one that %(name)s knows."), INVITE
    ),
    "closed": Message(_("The invitation was used or revoked, or is too old."), INVITE),
    "unknown": Message(_("There is no account here with your mail address."), INVITE),
    # Of the way there and back
    "unreachable": Message(
        _("%(name)s can't be reached at the moment."),
        _("Try again later, or sign in with your password."),
    ),
    "cancelled": Message(_("You haven't signed in at %(name)s."), AGAIN),
    "expired": Message(_("This sign-in has taken too long, or was used before."), AGAIN),
    "invalid": Message(
        _("The studio couldn't verify the answer of %(name)s."),
        _("Start again. If it keeps happening, tell an administrator."),
    ),
    "limited": Message(
        _("Too many sign-ins were tried from here."), _("Wait a few minutes, then try again.")
    ),
    "busy": Message(
        _("Many people are signing in at the moment."), _("Try again in a few seconds.")
    ),
}
NEEDS_PASSWORD: Final = Message(
    _("You couldn't sign in any more: your account has no password."), _("Set one first.")
)


def message_for_refusal(reason: str, name: str) -> Message:
    """The message for a reason, with the name of the provider."""
    message = REFUSALS[reason]
    headline: str | Promise = str(message.headline) % {"name": name}
    return Message(headline, message.next_step)
