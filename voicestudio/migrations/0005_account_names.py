"""Accounts: the provider of a row is an account, for which the hosts of one region are aliases."""

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, migrations, transaction

ALIASES = {
    "api-uw.minimax.io": "api.minimax.io",
    "api.minimaxi.com": "api.minimax.cn",
    "api-bj.minimaxi.com": "api.minimax.cn",
    "api.minimax.chat": "api.minimax.cn",
}
COLUMNS = {
    "cloneattempt": "provider",
    "speech": "provider",
    "voice": "provider",
    "charge": "provider",
    "providerfile": "account",
}


def rename_accounts(apps: Any, _schema_editor: Any) -> None:
    """Replace hosts by the names of their accounts, also where `/v1` was given with the host."""
    apps.get_model("voicestudio", "RateLimit").objects.all().delete()  # of the last minute
    for model, column in COLUMNS.items():
        rows = apps.get_model("voicestudio", model)._base_manager
        for host in rows.order_by().values_list(column, flat=True).distinct():
            plain = host.removesuffix("/v1").rstrip("/")
            name = ALIASES.get(plain, plain)
            if name != host:
                for pk in rows.filter(**{column: host}).values_list("pk", flat=True):
                    # A row that is there under both names keeps the old one.
                    with suppress(IntegrityError), transaction.atomic():
                        rows.filter(pk=pk).update(**{column: name})


class Migration(migrations.Migration):
    dependencies = [("voicestudio", "0004_clone_fee_of_an_attempt")]
    operations = [migrations.RunPython(rename_accounts, migrations.RunPython.noop)]
