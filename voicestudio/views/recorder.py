"""Recorder: the panel that records in the browser, fetched when it is opened."""

from typing import Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from voicestudio.models import Action, Purpose

from .permitted import require_action


class Goal(NamedTuple):
    """How long a recording should become, in seconds; it stops at `limit`."""

    least: float
    best: float
    limit: float

    @property
    def least_ms(self) -> float:
        """`least` in ms, as the template shows lengths."""
        return self.least * 1000

    @property
    def best_ms(self) -> float:
        """`best` in ms."""
        return self.best * 1000


# Source: provider.md, "Audio": a sample lasts 10 s to 5 min, one to two minutes are recommended; a
# prompt clip lasts less than 8 s, 5 to 8 are safe. Each limit is below the provider's, because
# encoders add a little.
GOALS: Final = {Purpose.SAMPLE: Goal(10, 90, 295), Purpose.PROMPT: Goal(5, 7, 7.5)}


@require_safe
@require_action(Action.UPLOAD)
def recorder(request: HttpRequest) -> HttpResponse:
    """The recorder for a recording, or for a prompt clip."""
    is_clip = request.GET.get("purpose") == Purpose.PROMPT
    purpose = Purpose.PROMPT if is_clip else Purpose.SAMPLE
    context = {"purpose": purpose.value, "goal": GOALS[purpose]}
    return render(request, "recordings/_recorder.html#recorder", context)
