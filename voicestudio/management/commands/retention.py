"""`manage.py retention`: list what is due by each rule, and delete it."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from voicestudio.management import script_output
from voicestudio.management.users import get_user
from voicestudio.models import RetentionKind, RetentionRule
from voicestudio.services import retention
from voicestudio.words import file_size


class Command(script_output.StudioCommand):
    """Retention: list, or delete what is due."""

    help = (
        "Lists each retention rule with how much is due. With --delete it says how much that is, "
        "asks, and deletes all of it. Exits with 1 if something could not be deleted; it can be "
        "run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what to delete, the yes, the user and the output option."""
        parser.add_argument(
            "--delete", metavar="KIND", choices=RetentionKind.values,
            help="delete what is due of: " + ", ".join(RetentionKind.values),
        )  # fmt: skip
        parser.add_argument("--yes", action="store_true", help="don't ask before deleting")
        script_output.add_user_argument(parser)
        script_output.add_json_argument(parser)

    def handle(self, **options: Any) -> None:
        """List the rules, or delete."""
        user = get_user(options["person"])
        rules = retention.list_rules(by=user)
        if kind := options["delete"]:
            self._delete(next(rule for rule in rules if rule.kind == kind), user, options)
            return
        for rule in rules:
            summary = retention.summarize(rule)
            if options["json"]:
                data = {
                    "kind": rule.kind, "days": rule.days, "is_automatic": rule.is_automatic,
                    **asdict(summary),
                }  # fmt: skip
                script_output.print_object(self, data, as_json=True)
            else:
                self.stdout.write(f"{rule.kind}\t{_describe(rule)}\t{_amount(summary)}")

    def _delete(self, rule: RetentionRule, user: Any, options: dict[str, Any]) -> None:
        amount = _amount(retention.summarize(rule))
        if not options["yes"]:
            question = _("Delete for good: %(kind)s, %(amount)s? Type yes: ")
            answer = input(question % {"kind": rule.kind, "amount": amount})
            if answer.strip().lower() != "yes":
                raise CommandError(_("Nothing was deleted."))
        run = retention.delete_all(rule.kind, by=user)
        data = {"kind": rule.kind, "deleted": run.deleted, "bytes": run.bytes, "failed": run.failed}
        script_output.print_object(self, data, as_json=options["json"])
        if run.failed:
            raise CommandError(_("Not everything could be deleted now. Run the command again."))


def _describe(rule: RetentionRule) -> str:
    if rule.days is None:
        return _("kept for ever")
    kept = _("kept for %(days)s days") % {"days": rule.days}
    return _("%(kept)s, deleted automatically") % {"kept": kept} if rule.is_automatic else kept


def _amount(summary: retention.Summary) -> str:
    text = _("%(count)s or more due, %(size)s or more") if summary.has_more else (
        _("%(count)s due, %(size)s")
    )  # fmt: skip
    return text % {"count": summary.count, "size": file_size(summary.bytes)}
