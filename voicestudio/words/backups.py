"""Words, backups: what is wrong with a backup, or with the studio that it is restored into."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the code of `services.backups.BackupFault`.
FAULTS: Final[dict[str, str | Promise]] = {
    "none": _("There is no complete backup here."),
    "unknown": _("There is no complete backup called %(name)s here."),
    "manifest": _("The manifest of the backup %(name)s is cut off or was changed."),
    "format": _("The backup %(name)s has a form that this version can't read."),
    "missing": _("The file %(file)s of the backup is missing."),
    "changed": _("The file %(file)s of the backup was changed."),
    "count": _("Rows in the file %(file)s: %(found)s. The manifest says: %(expected)s."),
    "audit": _("The audit trail in the backup is broken. %(reason)s"),
    "pending": _("The database has to be migrated first: run manage.py migrate."),
    "newer": _("A newer version made the backup (%(version)s): install that version first."),
    "not_empty": _("This studio isn't empty: %(what)s. Restore into an empty one."),
    "schema": _(
        "The tables of this database are newer than what is restored. Use a database without "
        "tables: it gets those of then, and they are migrated with their rows."
    ),
    "refused": _("The database refuses a row of the table %(what)s: %(reason)s"),
    "incomplete": _("After the restore, %(what)s isn't as it was."),
    "foreign": _("No old backup was deleted: %(folder)s is not a backup. Move it elsewhere first."),
    # Of a data folder that is moved in.
    "no_source": _("There is no studio in %(folder)s: a data folder has the file %(file)s."),
    "own_source": _(
        "%(folder)s is the data folder of this studio. Set VOICESTUDIO_DATA_DIR to a new folder."
    ),
    "source_in_use": _("The studio in %(folder)s is running. Stop it and run the command again."),
    "source_broken": _("The database in %(folder)s is damaged: %(reason)s"),
    "newer_source": _(
        "A newer version of Voice Studio has used %(folder)s: install that version here first."
    ),
}
