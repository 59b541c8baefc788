"""Words, audit: what an entry of the audit trail says, and what is wrong with a broken one."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from .people import STUDIO_ROLES

# For entries whose facts say more than their verb. By the code of the verb.
SENTENCES: Final[dict[str, str | Promise]] = {
    "signed_in": _("Signed in with %(way)s"),
    "sign_in_failed": _("Sign-in with OpenID refused (%(reason)s)"),
    "clone_requested": _("Clone requested, estimated at %(price)s"),
    "speech_requested": _("Speech requested, estimated at %(price)s"),
    "limit_raised": _("This month's limit raised by %(amount)s"),
    "role_changed": _("Role changed: %(before)s → %(after)s"),
    "retention_run": _("Deleted by retention: %(count)s (%(kind)s), failed: %(failed)s"),
    "speakers_merged": _("Speaker %(merged)s merged into this one"),
    "speaker_moved": _("Speaker moved to another project: %(source)s → %(target)s"),
    "recording_moved": _("Recording moved to another project: %(source)s → %(target)s"),
    "downloaded": _("Downloaded: %(file)s"),
    "exported": _("Exported as CSV: %(list)s"),
}
# Verbs whose facts name two projects by their IDs.
MOVES: Final = frozenset({"speaker_moved", "recording_moved"})
NO_NAMES: Final[Mapping[int, str]] = {}
# By the column of the budget.
BUDGETS: Final[dict[str, str | Promise]] = {
    "monthly_budget": _("Budget for a month changed: %(before)s → %(after)s"),
    "total_budget": _("Budget in all changed: %(before)s → %(after)s"),
}
# What a code among the facts is called, by the name of the fact.
FACT_LABELS: Final[dict[str, dict[str, str | Promise]]] = {
    "kind": {
        "recordings": _("Recordings"),
        "speeches": _("Generated speech"),
        "drafts": _("Drafts of forms"),
        "answers": _("MiniMax's raw responses"),
    },
    "list": {
        "history": _("History"),
        "voices": _("Voices"),
        "recordings": _("Recordings"),
        "costs": _("Costs"),
        "audit": _("Audit trail"),
    },
}
FACT_LABELS["before"] = FACT_LABELS["after"] = {
    **STUDIO_ROLES,
    "manager": _("Manager"),
    "reviewer": _("Reviewer"),
    "viewer": _("Viewer"),
    "none": pgettext_lazy("role", "none"),
}
RETENTION: Final[str | Promise] = _("Retention changed (%(kind)s): %(before)s → %(after)s")
SETTING: Final[str | Promise] = _("Setting changed (%(name)s): “%(before)s” → “%(after)s”")
SECRET_SETTING: Final[str | Promise] = _("Setting changed (%(name)s); its value is secret")
# What `verify_audit` says. By the code of `services.audit.verification.TrailBroken`.
BROKEN: Final[dict[str, str | Promise]] = {
    "gap": _("Entry %(expected)s is missing: after it comes entry %(found)s."),
    "changed": _("Entry %(found)s was changed after it was sealed."),
    "unlinked": _("Entry %(found)s does not continue the entry before it."),
    "cut": _("The end is missing: entry %(expected)s is known, but the last one is %(found)s."),
    "beyond": _(
        "Entry %(found)s was not sealed by the studio: its last sealed entry is %(expected)s."
    ),
    "other": _("Entry %(found)s is another one than the known entry of this number."),
}


def describe_entry(
    verb: str, facts: Mapping[str, Any], projects: Mapping[int, str] = NO_NAMES
) -> str:
    """What a person reads about an entry, in their language.

    `projects` are names by IDs; a project without one is shown by its ID. "" if the verb says it
    all, or if an entry of another version has other facts.
    """
    try:
        if verb in MOVES:
            names = {end: projects.get(facts[end], facts[end]) for end in ("source", "target")}
            facts = {**facts, **names}
        return _describe(verb, facts)
    except (KeyError, TypeError):
        return ""


def _describe(verb: str, facts: Mapping[str, Any]) -> str:
    if verb == "setting_changed":
        return str(SETTING if "after" in facts else SECRET_SETTING) % facts
    if verb == "budget_changed":
        none = {"none": pgettext("budget", "none")}
        before, after = (none.get(facts[when], facts[when]) for when in ("before", "after"))
        return str(BUDGETS[facts["budget"]]) % {"before": before, "after": after}
    if verb == "retention_changed":
        before, after = (str(_describe_rule(facts[when])) for when in ("before", "after"))
        kind = FACT_LABELS["kind"].get(facts["kind"], facts["kind"])
        return str(RETENTION) % {"kind": kind, "before": before, "after": after}
    sentence = SENTENCES.get(verb, "")
    labels = {name: FACT_LABELS.get(name, {}).get(str(fact), fact) for name, fact in facts.items()}
    return str(sentence) % labels


def _describe_rule(rule: Mapping[str, Any]) -> str | Promise:
    if rule["days"] is None:
        return _("for ever")
    days = rule["days"]
    if rule["is_automatic"]:
        text = ngettext(
            "%(days)s day, deleted automatically", "%(days)s days, deleted automatically", days
        )
    else:
        text = ngettext("%(days)s day", "%(days)s days", days)
    return text % rule
