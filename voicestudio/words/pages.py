"""Words, pages: the pages that a person can go to by name, with what one must be allowed to do."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the name of the address: the label, and the action that the page asks for.
PAGES: Final[dict[str, tuple[str | Promise, str]]] = {
    "home": (_("Home"), "see"),
    "new": (_("Clone a new voice"), "clone"),
    "history": (_("History"), "see"),
    "voices": (_("Voices"), "see"),
    "recordings": (_("Recordings"), "see"),
    "costs": (_("Costs"), "see_costs"),
    "projects": (_("Projects"), "see"),
    "add_project": (_("New project"), "manage_projects"),
    "compare": (_("Compare with MiniMax"), "compare"),
    "people": (_("People"), "manage_people"),
    "audit": (_("Audit"), "read_audit"),
    "system": (_("System"), "see_system"),
    "retention": (_("Retention"), "manage_retention"),
    "styleguide": (_("Styleguide"), "see_styleguide"),
    "account": (_("My account"), "see"),
    "help": (_("Help"), "see"),
}
