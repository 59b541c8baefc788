"""Bundles: pages are sent without the indentation that they are written with."""

from typing import Any

from django.template.loader import get_template
from django.test import Client


def test_templates_lose_their_indentation_and_keep_their_words(client: Client, db: None) -> None:
    page = client.get("/sign-in/").content.decode()

    lines = page.splitlines()
    assert [line for line in lines if line.startswith((" ", "\t"))] == []
    assert "<html" in page
    found: Any = get_template("base.html")  # the stubs know of no origin
    assert found.origin.name.endswith("templates/base.html")
