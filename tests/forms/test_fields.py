"""Fields: how they are drawn, and what they say of wrong values."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import ChoiceField, Form

from voicestudio.forms.fields import Select, TypedField

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


def test_too_long_text_names_its_field() -> None:
    field = TypedField(label="Preview text", longest=1000)

    with pytest.raises(ValidationError) as error:
        field.clean("x" * 1001)

    assert error.value.messages == ["Preview text: 1 character too long, 1,000 at most."]
