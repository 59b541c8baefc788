"""Styleguide: one page with the whole design language, for administrators."""

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from voicestudio.models import Action, Colour
from voicestudio.services import design_tokens

from . import styleguide_examples as examples
from .current_user import current_user
from .htmx import HtmxRequest
from .permitted import require_action

TEMPLATE: Final = "styleguide/styleguide.html"


@require_safe
@never_cache
@require_action(Action.SEE_STYLEGUIDE)
def styleguide(request: HtmxRequest) -> HttpResponse:
    """Every token, and with `?components` every component in every state; none is stored.

    To htmx only the components, which the page asks for when the reader comes to them.
    """
    if "components" not in request.GET:
        return render(request, TEMPLATE, _describe_tokens())
    components = {"shows_components": True, **examples.make_examples(current_user(request))}
    if request.htmx:
        return render(request, f"{TEMPLATE}#components", components)
    return render(request, TEMPLATE, _describe_tokens() | components)


def _describe_tokens() -> dict[str, Any]:
    normal, high = design_tokens.read_schemes()
    return {
        "sizes": design_tokens.read_sizes(),
        "colours": normal["light"],
        "contrast": design_tokens.measure(design_tokens.PAIRS, normal),
        "high_contrast": design_tokens.measure(design_tokens.HIGH_PAIRS, high),
        "letters": "Aa",
        "project_colours": list(Colour),
    }
