"""Clone attempts: the form at `/new/`, and what its page fetches while it is open."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from voicestudio.forms import CloneForm, texts
from voicestudio.models import Action, CloneAttempt
from voicestudio.services import clones
from voicestudio.services.permissions import may, require
from voicestudio.services.voices import voice_ids

from . import clone_form, form_tokens, uploads
from .current_user import current_user
from .draft_redirects import see_other
from .htmx import HtmxRequest
from .permitted import require_action


@uploads.cap_uploads(Action.CLONE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """The clone form; a valid one becomes an attempt, and the same form twice only one."""
    if request.method != "POST":
        if not may(request.user, Action.CLONE):
            return redirect("home")
        return clone_form.render_new(request)
    require(request.user, Action.CLONE)
    earlier = _find_earlier(request)
    form = clone_form.posted_form(request, is_complete=True, earlier=earlier)
    if not form.is_valid():
        return clone_form.render_page(request, form)
    try:
        attempt = clones.submit(clones.Order(**form.order()), by=current_user(request))
    except clones.OtherContent as refused:
        return _render_conflict(request, refused, form)
    except clones.OrderRefused as refused:
        return _render_refusal(request, refused, form)
    _add_messages(request, form, is_repeated=earlier is not None)
    return _go_to_attempt(request, attempt)


@require_safe
@require_action(Action.CLONE)
def voice_id(request: HttpRequest) -> HttpResponse:
    """Whether the typed voice ID can be used; a suggestion from the name if none is typed."""
    speaker = texts.clean(request.GET.get("speaker", ""))[:120]
    typed = request.GET.get("voice_id", "").strip()
    suggestion = "" if typed or not speaker else voice_ids.suggest(speaker)[0]
    known = typed or suggestion
    check = voice_ids.check(known, speaker) if known else None
    context = {"verdict": check, "suggestion": suggestion}
    return render(request, "attempts/new.html#voice-id", context)


@require_safe
def just_now(request: HttpRequest) -> HttpResponse:
    """The card of the person's newest attempts, which reloads while one of them runs."""
    return render(request, "attempts/new.html#just-now", clone_form.newest_attempts(request))


def _add_messages(request: HttpRequest, form: CloneForm, *, is_repeated: bool) -> None:
    """What the page of the attempt says about the form: it was sent before, or its warnings."""
    if is_repeated:
        messages.info(request, _("You've already requested this voice. Nothing was sent twice."))
        return
    for warning in form.warnings():
        messages.warning(request, warning)


def _render_refusal(
    request: HttpRequest, refused: clones.OrderRefused, form: CloneForm
) -> HttpResponse:
    if isinstance(refused, clones.OtherPerson):
        form_tokens.renew_token(form)
    form.add_refusal(refused.field, str(refused.message))
    return clone_form.render_page(request, form, offers_limit=refused.message.offers_limit)


def _render_conflict(
    request: HttpRequest, refused: clones.OtherContent, form: CloneForm
) -> HttpResponse:
    """The form was sent before; a voice ID that the first attempt has is replaced."""
    changes = {}
    if "voice_id" not in refused.differences:
        changes["voice_id"] = voice_ids.suggest(form.shown("speaker"))[0]
    if "speaker" not in refused.differences:
        # The first attempt may have added the speaker; both are of the same person.
        assert isinstance(refused.earlier, CloneAttempt)
        changes["speaker_choice"] = f"{refused.earlier.speaker_id} {form.shown('speaker')}"
    return form_tokens.render_conflict(request, refused, form, changes=changes)


def _find_earlier(request: HttpRequest) -> CloneAttempt | None:
    """The attempt that the same form has made."""
    token = form_tokens.parse_token(request.POST.get("token", ""))
    if token is None:
        return None
    own = CloneAttempt.objects.visible_to(request.user).filter(created_by=current_user(request))
    return own.filter(token=token).first()


def _go_to_attempt(request: HtmxRequest, attempt: CloneAttempt) -> HttpResponse:
    url = reverse("attempt", args=[attempt.pk])
    if not request.htmx:
        return see_other(url)
    # Swaps the main part without reloading the page. Not HttpResponseLocation of django-htmx,
    # which has no selectOOB; that updates the current entry of the menu.
    location: dict[str, Any] = {
        "path": url, "target": "#main", "select": "#main", "selectOOB": "#menu",
        "swap": "outerHTML show:window:top",
    }  # fmt: skip
    return HttpResponse(headers={"HX-Location": json.dumps(location)})
