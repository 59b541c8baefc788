"""Fields: how they are drawn."""

import pytest
from django.forms import ChoiceField, Form

from voicestudio.forms.fields import Select

CHOICES = [("", "Any"), ("Thai", "Thai"), (7, "7"), ("a<b", "A<B")]


def drawn(value: str) -> str:
    field = ChoiceField(choices=CHOICES, required=False, widget=Select(attrs={"class": "input"}))
    form = type("Asked", (Form,), {"one": field})({"one": value})
    return str(form["one"])


def test_select_omits_equal_values_and_escapes() -> None:
    assert drawn("Thai") == (
        '<select class="input" id="id_one" name="one">'
        '<option value="">Any</option>'
        "<option selected>Thai</option>"
        "<option>7</option>"
        '<option value="a&lt;b">A&lt;B</option>'
        "</select>"
    )


@pytest.mark.parametrize(("value", "chosen"), [("7", "7"), ("", "Any"), ("a<b", "A&lt;B")])
def test_select_marks_the_value(value: str, chosen: str) -> None:
    assert drawn(value).count("selected") == 1
    assert drawn(value).count(f" selected>{chosen}</option>") == 1


def test_select_ignores_unknown_values() -> None:
    assert drawn("Klingon").count("selected") == 0
