"""Words, pages: pages and actions that are found by name, and what one must be allowed to do."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the name of the address: the label, and the action that the page asks for.
PAGES: Final[dict[str, tuple[str | Promise, str]]] = {
    "home": (_("Home"), "see"),
    "history": (_("History"), "see"),
    "voices": (_("Voices"), "see"),
    "recordings": (_("Recordings"), "see"),
    "costs": (_("Costs"), "see_costs"),
    "projects": (_("Projects"), "see"),
    "people": (_("People"), "manage_people"),
    "audit": (_("Audit"), "read_audit"),
    "system": (_("System"), "see_system"),
    "retention": (_("Retention"), "manage_retention"),
    "styleguide": (_("Styleguide"), "see_styleguide"),
    "account": (_("My account"), "see"),
    "help": (_("Help"), "see"),
}
# Label, action, the name of an address, and the place on its page. A link to a place inside a fold
# opens the fold.
ACTIONS: Final[tuple[tuple[str | Promise, str, str, str], ...]] = (
    (_("Clone a new voice"), "clone", "new", ""),
    (_("Record a voice"), "clone", "new", "voice_clone_recorder"),
    (_("Upload recordings"), "upload", "recordings", "id_files"),
    (_("New project"), "manage_projects", "add_project", ""),
    (_("Invite a person"), "manage_people", "people", "invitation-address"),
    (_("Compare with MiniMax"), "compare", "compare", ""),
    (_("Change language"), "see", "account", "profile-language"),
)
APPEARANCE: Final = _("Appearance")
SHORTCUTS: Final = _("Keyboard shortcuts")
# Other words that find them; nobody reads them.
APPEARANCE_WORDS: Final = _("theme, colours, colors")
SHORTCUTS_WORDS: Final = _("keys, hotkeys, key bindings")
SIGN_OUT: Final = _("Sign out")
