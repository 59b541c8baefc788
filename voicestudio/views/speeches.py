"""Speaking: a text for a voice, and what became of it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from voicestudio.forms import texts
from voicestudio.forms.speeches import SpeechForm
from voicestudio.models import LARGEST_ID, Speech
from voicestudio.services import speeches
from voicestudio.services.money import prices
from voicestudio.services.paid_calls import audio_download

from .current_user import current_user
from .voices import found as found_voice
from .voices import page


@require_POST
def speak(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the text to the worker; the same form twice is one speech."""
    voice, form = found_voice(request, pk), SpeechForm(request.POST)
    if not form.is_valid():
        return page(request, voice, speech_form=form, status=422)
    order = speeches.SpeechOrder(voice=voice, **form.cleaned_data)
    try:
        made = speeches.submit(order, by=current_user(request))
    except speeches.OrderRefused as refused:
        return page(request, voice, speech_form=form, message=refused.message, status=422)
    return redirect(f"{reverse('voice', args=[pk])}#speech-{made.pk}")


@require_POST
def price(request: HttpRequest, pk: int) -> HttpResponse:
    """What the text that is being typed would cost, and how long it is.

    Posted, although it changes nothing: a long text is no part of an address.
    """
    text = texts.clean(request.POST.get("text", ""), lines=True)
    model = request.POST.get("model", "")[:60]
    cost = prices.estimate_speech(text, model, found_voice(request, pk))
    thousand = prices.price_per_character(model) * 1000
    context = {"speech_price": cost, "count": f"{len(text):,}", "thousand": thousand}
    return render(request, "voices/detail.html#price", context)


@require_safe
def speech(request: HttpRequest, pk: int) -> HttpResponse:
    """One speech: its row for a page that is open, else the page of its voice."""
    one = _found(request, pk)
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{reverse('voice', args=[one.voice_id])}#speech-{pk}")
    response = render(request, "speeches/_speech.html", {"speech": one})
    if not one.is_running:
        # State, term, cost and story of the voice are told elsewhere on the page.
        trigger_client_event(response, "voice-changed", after="settle")
    return response


@require_POST
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand an interrupted speech to the worker once more."""
    one = _found(request, pk)
    if not speeches.retry_interrupted(one):
        messages.warning(request, _("This cannot be started again any more."))
    return redirect("voice", one.voice_id)


@require_POST
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Copy the audio once more."""
    one = _found(request, pk)
    audio_download.fetch_again(one)
    return redirect("voice", one.voice_id)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person knows of a speech whose answer was lost."""
    one = _found(request, pk)
    note = texts.clean(request.POST.get("note", ""))[:1000]
    worked = request.POST.get("worked")
    if worked not in ("yes", "no"):
        messages.warning(request, _("Say whether it worked."))
    elif not speeches.settle_by_hand(
        one, worked=worked == "yes", note=note, by=current_user(request)
    ):
        messages.warning(request, _("It is known already what became of it."))
    return redirect("voice", one.voice_id)


def _found(request: HttpRequest, pk: int) -> Speech:
    if pk > LARGEST_ID:
        raise Http404
    return get_object_or_404(Speech.objects.visible_to(request.user).for_rows(), pk=pk)
