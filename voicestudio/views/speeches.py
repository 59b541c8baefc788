"""Speeches: generate speech with a voice, and the buttons of each generated speech."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from voicestudio.forms import texts
from voicestudio.forms.reconcile import OutcomeForm
from voicestudio.forms.speeches import SpeechForm
from voicestudio.minimax.limits import MAX_SPEECH_CHARACTERS
from voicestudio.models import Action, Speech
from voicestudio.services import speeches
from voicestudio.services.money import prices
from voicestudio.services.paid_calls import audio_download
from voicestudio.words import group_digits

from .current_user import current_user
from .form_tokens import render_conflict, renew_token
from .htmx import HtmxRequest
from .permitted import find_row
from .voices import find_voice, render_refusal, render_voice


@require_POST
def speak(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue the text for generation; the same form twice is one speech."""
    voice, form = find_voice(request, pk, Action.SPEAK), SpeechForm(request.POST)
    if not form.is_valid():
        return render_voice(request, voice.pk, speech_form=form, status=422)
    order = speeches.SpeechOrder(voice=voice, **form.cleaned_data)
    try:
        speech = speeches.submit(order, by=current_user(request))
    except speeches.OtherContent as refused:
        return render_conflict(request, refused, form, changes={})
    except speeches.OrderRefused as refused:
        if isinstance(refused, speeches.OtherPerson):
            renew_token(form)
        return render_refusal(request, voice, refused, speech_form=form)
    return redirect(f"{reverse('voice', args=[pk])}#speech-{speech.pk}")


@require_POST
def price(request: HttpRequest, pk: int) -> HttpResponse:
    """The price and length of the text while it is typed.

    A POST although it changes nothing, because a long text does not fit into an address.
    """
    text = texts.clean(request.POST.get("text", ""), lines=True)
    model = request.POST.get("model", "")[:60]
    voice = find_voice(request, pk, Action.SPEAK)
    context = {
        "speech_price": prices.estimate_speech(text, model, voice),
        "count": group_digits(len(text)),
        "limit": group_digits(MAX_SPEECH_CHARACTERS),
        "thousand": prices.price_per_character(model) * 1000,
    }
    return render(request, "voices/detail.html#price", context)


@require_safe
def speech(request: HtmxRequest, pk: int) -> HttpResponse:
    """One speech: its row for an open page, else the page of its voice."""
    speech = _find_speech(request, pk)
    if not request.htmx:
        return redirect(f"{reverse('voice', args=[speech.voice_id])}#speech-{pk}")
    response = render(request, "speeches/_speech.html", {"speech": speech})
    if not speech.is_running:
        # The page then reloads state, expiry, cost and timeline of the voice.
        trigger_client_event(response, "voice-changed", after="settle")
    return response


@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Start an interrupted speech again."""
    speech = _find_speech(request, pk, Action.SPEAK)
    if not speeches.retry_interrupted(speech, by=current_user(request)):
        messages.warning(request, _("This speech can't be started again."))
    return redirect("voice", speech.voice_id)


@require_POST
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Download the audio again."""
    speech = _find_speech(request, pk, Action.SETTLE)
    audio_download.fetch_again(speech, by=current_user(request))
    return redirect("voice", speech.voice_id)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the outcome that this person knows from elsewhere."""
    speech, form = _find_speech(request, pk, Action.SETTLE), OutcomeForm(request.POST)
    if not form.is_valid():
        messages.warning(request, str(form.errors["worked"][0]))
    elif not speeches.settle_by_hand(speech, **form.cleaned_data, by=current_user(request)):
        messages.warning(request, _("The outcome is already known."))
    return redirect("voice", speech.voice_id)


def _find_speech(request: HttpRequest, pk: int, action: Action = Action.SEE) -> Speech:
    speech: Speech = find_row(request, Speech.objects.for_rows(), pk, action)
    return speech
