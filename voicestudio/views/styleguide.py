"""Styleguide: one page with the whole design language, for administrators."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from voicestudio.models import Action
from voicestudio.services import design_tokens

from . import styleguide_examples as examples
from .current_user import current_user
from .permitted import require_action


@require_safe
@never_cache
@require_action(Action.SEE_STYLEGUIDE)
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every token and every component in every state; nothing on it is read from the database."""
    normal, high = design_tokens.read_schemes()
    context = {
        "sizes": design_tokens.read_sizes(),
        "colours": normal["light"],
        "contrast": design_tokens.measure(design_tokens.PAIRS, normal),
        "high_contrast": design_tokens.measure(design_tokens.HIGH_PAIRS, high),
        **examples.make_examples(current_user(request)),
    }
    return render(request, "styleguide/styleguide.html", context)
