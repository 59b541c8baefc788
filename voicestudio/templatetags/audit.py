"""Template tags of the audit trail: one entry."""

from typing import Any

from django import template
from django.utils.formats import localize
from django.utils.safestring import SafeString

from voicestudio.models import AuditEntry

from .row_cache import placeholder, render_row
from .studio import when

register = template.Library()


@register.simple_tag
def audit_entry(entry: AuditEntry, *, has_projects: bool) -> SafeString:
    """`audit/_entry.html` for one entry; the view has set names, pages and words."""
    described: Any = entry
    name, person = described.object_name, described.person_name
    facts = {
        f"fact_{number}": str(localize(value)) for number, value in enumerate(entry.facts.values())
    }
    shape = {
        "has_object": bool(entry.object_kind),
        "has_name": name is not None,
        "has_url": bool(described.url),
        "has_voice_id": name is not None and bool(name.voice_id),
        "has_project": has_projects and bool(described.project_name),
        "has_person_url": bool(described.person_url),
        "has_username": bool(entry.person),
        "has_address": bool(entry.address),
        "is_sealed": bool(entry.sequence),
        "facts": tuple(
            (key, placeholder(fact)) for key, fact in zip(entry.facts, facts, strict=True)
        ),
    }
    texts = facts | {
        "pk": str(entry.pk),
        "at": when(entry.at, "moment"),
        "words": described.words,
        "kind": entry.get_object_kind_display(),
        "object_id": str(entry.object_id),
        "name": name.text if name else "",
        "voice_id": name.voice_id if name else "",
        "url": described.url,
        "project": described.project_name,
        "person": (person.text if person else "") or entry.person or "–",
        "person_url": described.person_url,
        "username": entry.person,
        "way": entry.get_way_display(),
        "address": entry.address,
        "user_agent": entry.user_agent or "–",
        "seal": f"{entry.sequence}:{entry.hash}",
    }
    return render_row("audit/_entry.html", "row", shape, texts)
