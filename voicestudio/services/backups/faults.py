"""Backup faults: why a backup cannot be made, believed or restored."""

from voicestudio.words.backups import FAULTS


class BackupFault(Exception):  # noqa: N818 - an answer, not a mistake
    """A backup cannot be used; `code` is a key of `words.backups.FAULTS`, the text a sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(str(FAULTS[code]) % facts)
        self.code = code
