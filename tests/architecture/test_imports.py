"""One direction of import: config → payments · escrow · withdrawals → integrations → ledger."""

import ast
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

from tests.architecture.source import ROOMS, Module, modules, room

LOWER = {"ledger", "integrations.marketplaces", "integrations.providers"}
MAY_IMPORT = {
    "ledger": set(),
    "integrations.marketplaces": {"ledger"},
    "integrations.providers": {"ledger"},
    "integrations.simulators": {"ledger", "integrations.providers"},  # and marketplaces.rest
    "payments": LOWER,
    "withdrawals": LOWER,
    "escrow": LOWER | {"payments"},
    "config": set(ROOMS) - {"config"},
}
ALSO = {"integrations.simulators": "integrations.marketplaces.rest"}

# What speaks for a provider: the conversation belongs to the operations, not to those who show it.
CONVERSATION = (
    "integrations.providers.ports",
    "integrations.providers.http",
    "integrations.providers.directory",
    "integrations.providers.airtm",
    "integrations.providers.trustlesswork",
    "integrations.providers.stellar",
)

# Function-level imports that stand, each with its reason.
LATE_IMPORTS = {
    "config.backoffice.story": "the site is made before the models of which it tells",
    "config.backoffice.buttons": "the same: acts are about models",
    "config.backoffice.index": "the same: the desk counts rows",
    "config.backoffice.get_urls": "the same: the decision page shows acts",
    "config.backoffice.navigation": "the site of `django.contrib.admin` is this module's own",
}


def wrong(module: Module) -> list[str]:
    here = room(module.name)
    return [
        name
        for name in module.imports()
        if room(name) not in {"", here, *MAY_IMPORT[here]}
        and not name.startswith(ALSO.get(here, "-"))
    ]


def test_every_module_is_in_a_room() -> None:
    assert [m.name for m in modules() if m.tree.body and not room(m.name)] == []


def test_imports_point_downward() -> None:
    assert {m.name: wrong(m) for m in modules() if room(m.name) and wrong(m)} == {}


def test_an_import_that_points_upward_is_found() -> None:
    upward = ast.parse("from payments.models import Order\nfrom ..marketplaces import keys")
    module = Module("integrations.providers.inbox", Path("inbox.py"), upward)
    assert wrong(module) == ["payments.models.Order", "integrations.marketplaces.keys"]


def test_only_postings_import_posting() -> None:
    assert [
        module.name
        for module in modules()
        if module.last != "postings" and room(module.name) != "ledger"
        if any(map(is_posting, module.imports()))
    ] == []


def is_posting(name: str) -> bool:
    return any(name == by or name.startswith(f"{by}.") for by in ("ledger.posting", "ledger.bulk"))


def test_who_shows_a_provider_never_speaks_to_it() -> None:
    shows = [m for m in modules() if m.last in {"views", "serializers", "admin"}]
    domain = [m for m in shows if room(m.name) != "integrations.simulators"]
    assert [
        f"{module.name} imports {name}"
        for module in domain
        for name in module.imports()
        if name.startswith(CONVERSATION)
    ] == []


def test_imports_stand_at_the_top() -> None:
    late = {
        f"{module.name}.{function.name}"
        for module in modules()
        for function in module.functions()
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    }
    assert late == set(LATE_IMPORTS)


def test_foreign_keys_point_as_imports_do() -> None:
    for field in foreign_keys():
        here, there = room(field.model.__module__), room(field.related_model.__module__)
        assert there in {"", here, *MAY_IMPORT[here]}, field


def test_nothing_that_is_referred_to_can_be_deleted() -> None:
    assert [f for f in foreign_keys() if f.remote_field.on_delete is not models.PROTECT] == []


def foreign_keys() -> list[Any]:
    ours = [model for model in apps.get_models() if room(model.__module__)]
    fields = [field for model in ours for field in model._meta.local_fields]
    return [field for field in fields if isinstance(field, models.ForeignKey)]
