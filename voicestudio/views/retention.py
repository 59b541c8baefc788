"""Retention: the pages on which administrators decide how long things are kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from voicestudio.forms.retention import DeletionForm, RetentionForm
from voicestudio.models import Action, RetentionKind, RetentionRule, Studio
from voicestudio.services import retention
from voicestudio.words.retention import DELETED, KEPT

from .current_user import current_user
from .permitted import require_action

MANAGE = Action.MANAGE_RETENTION


@require_safe
@never_cache
@require_action(MANAGE)
def retention_page(request: HttpRequest) -> HttpResponse:
    """Each rule, and how much is due by it."""
    return _render_rules(request)


@require_POST
@require_action(MANAGE)
def change_rule(request: HttpRequest, kind: str) -> HttpResponse:
    """Change how long a kind is kept."""
    form = _form(kind, request.POST)
    if not form.is_valid():
        return _render_rules(request, {kind: form}, status=422)
    if retention.change_rule(kind, by=current_user(request), **form.cleaned_data):
        messages.success(request, _("The rule is changed."))
    return redirect(f"{reverse('retention')}#{kind}")


@require_safe
@never_cache
@require_action(MANAGE)
def due_page(request: HttpRequest, kind: str) -> HttpResponse:
    """A page of what is due."""
    return _render_due(request, kind, request.GET.get("after", ""), DeletionForm())


@require_POST
@require_action(MANAGE)
def delete_due(request: HttpRequest, kind: str) -> HttpResponse:
    """Delete the things that the page has listed, as far as they are still due."""
    form = DeletionForm(request.POST)
    if not form.is_valid():
        return _render_due(request, kind, request.POST.get("after", ""), form, status=422)
    run = retention.delete_listed(kind, request.POST.getlist("thing"), by=current_user(request))
    _report(request, run)
    return redirect("due", kind)


def _form(kind: str, data: Any = None, **options: Any) -> RetentionForm:
    return RetentionForm(data, auto_id=f"{kind}-%s", **options)


def _render_rules(
    request: HttpRequest, forms: dict[str, RetentionForm] | None = None, status: int = 200
) -> HttpResponse:
    rules = [
        {
            "rule": rule,
            "summary": retention.summarize(rule),
            "deleted": DELETED[rule.kind],
            "kept": KEPT[rule.kind],
            "form": (forms or {}).get(rule.kind)
            or _form(rule.kind, initial={"days": rule.days, "is_automatic": rule.is_automatic}),
        }
        for rule in retention.list_rules(by=current_user(request))
    ]
    context = {"rules": rules, "held_since": Studio.current().held_since}
    return render(request, "system/retention.html", context, status=status)


def _render_due(
    request: HttpRequest, kind: str, after: str, form: DeletionForm, status: int = 200
) -> HttpResponse:
    rule = RetentionRule.of(kind)
    context = {
        "rule": rule,
        "label": RetentionKind(kind).label,
        "summary": retention.summarize(rule),
        "page": retention.list_due(rule, after=after),
        "after": after,
        "form": form,
    }
    return render(request, "system/due.html", context, status=status)


def _report(request: HttpRequest, run: retention.Run) -> None:
    """Say how much was deleted, and what was not."""
    if run == retention.Run():
        messages.info(request, _("Nothing of this is due any more."))
    if run.deleted:
        deleted = ngettext("%(count)s deleted.", "%(count)s deleted.", run.deleted)
        messages.success(request, deleted % {"count": run.deleted})
    if run.failed:
        failed = ngettext(
            "%(count)s could not be deleted now. The log says why.",
            "%(count)s could not be deleted now. The log says why.",
            run.failed,
        )
        messages.warning(request, failed % {"count": run.failed})
    if run.left:
        messages.warning(request, _("That took long, so the others were left. Delete again."))
