"""Shape and names: small files, small functions, no magic, words that mean something."""

import ast
import re
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import ROOMS, ROOT, Module, body, code_lines, modules, room

LONGEST_FILE = 300
LONGEST_FUNCTION = 50
LONGEST_VIEW = 8
LONGEST_TASK = 3
MOST_LEGS = 8
MOST_STATEMENTS = 5  # of a posting: its legs, and what they are worked out from

BANNED_WORDS = {
    "utils", "helpers", "common", "core", "manager", "process", "handle", "data", "info",
}  # fmt: skip
# Django's own names: what a management command is called by, and what it calls its managers.
NAMED_BY_DJANGO = {"handle", "OwnedManager"}

# Modules that read the environment beside `config/settings.py`, each with its reason.
READS_THE_ENVIRONMENT = {
    "config.settings": "the one reader of the product's configuration",
    "config.celery": "names the settings module, before there are settings",
    "config.wsgi": "names the settings module, before there are settings",
    "config.standalone": "the launcher: it makes the environment of the others",
    "config.management.commands.seed": "an operator's password that a script wants to know",
}
# Modules with a float in them: all of them are seconds, which no amount ever meets.
COUNTS_SECONDS = {
    "config",
    "ledger.events",
    "integrations.marketplaces.rest.waiting",
    "integrations.providers.http",
    "integrations.providers.budget",
    "integrations.providers.tally",
    "integrations.providers.management",
    "integrations.simulators.management",
}
HTTP_METHODS = {"get", "post", "put", "patch", "delete"}


def within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def named(*names: str) -> list[Module]:
    return [module for module in modules() if module.last in names]


def views() -> list[Module]:
    return [
        module
        for module in named("views", "sandbox", "receiving", "claiming")
        if ".rest." not in module.name
    ]


def test_files_stay_small() -> None:
    assert [m.name for m in modules() if m.lines > LONGEST_FILE] == []


def test_functions_stay_small() -> None:
    assert [
        f"{module.name}.{function.name}"
        for module in modules()
        for function in module.functions()
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ] == []


def test_views_translate_and_nothing_else() -> None:
    assert [
        f"{module.name}.{view.name}.{method.name}"
        for module in views()
        for view in module.classes()
        for method in view.body
        if isinstance(method, ast.FunctionDef) and method.name in HTTP_METHODS
        if code_lines(module, body(method)) > LONGEST_VIEW
    ] == []


def test_tasks_call_one_operation() -> None:
    assert [
        f"{module.name}.{task.name}"
        for module in named("tasks")
        for task in module.functions()
        if code_lines(module, body(task)) > LONGEST_TASK
    ] == []


def test_postings_are_tables() -> None:
    """A posting is its legs; nothing is decided in it that a reader of the table would not see."""
    for module in named("postings"):
        for posting in module.functions():
            assert len(body(posting)) <= MOST_STATEMENTS, posting.name
            for node in ast.walk(posting):
                assert not isinstance(node, ast.For | ast.While | ast.Try), posting.name
                assert len(getattr(node, "elts", [])) <= MOST_LEGS, posting.name


def test_names_say_something() -> None:
    for module in modules():
        for name in names_of(module) - NAMED_BY_DJANGO:
            assert not BANNED_WORDS & set(words(name)), f"{module.name}: {name}"
            assert not name.lower().endswith(("_service", "_services")), f"{module.name}: {name}"


def test_every_module_opens_with_a_sentence() -> None:
    assert [
        module.name
        for module in modules()
        if module.tree.body and not opening(module).endswith((".", ":"))
    ] == []


def test_nothing_happens_behind_the_back() -> None:
    """No signals, no `save()` overrides, no `Meta.ordering`, no generic foreign keys."""
    banned = ("django.db.models.signals", "django.dispatch", "django.core.signals")
    for module in modules():
        for name in module.imports():
            assert not name.startswith(banned), module.name
            assert not name.startswith("django.contrib.contenttypes"), module.name
    for model in apps.get_models():
        if room(model.__module__):
            assert not model._meta.ordering, model
            assert model.save is models.Model.save, model
            assert model.delete is models.Model.delete, model


def test_w18_no_float_comes_near_money() -> None:
    assert [
        f"{module.name}, line {node.lineno}"
        for module in modules()
        if not within(module.name, COUNTS_SECONDS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant | ast.Call) and is_float(node)
    ] == []


def test_the_environment_is_read_in_one_place() -> None:
    assert [
        f"{module.name}, line {node.lineno}"
        for module in modules()
        if not within(module.name, READS_THE_ENVIRONMENT)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ] == []


def test_w27_views_name_the_tenant() -> None:
    """`across_books` is for operations, sweeps and admin – never for a view."""
    assert [
        f"{module.name}, line {node.lineno}"
        for module in views()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "across_books"
    ] == []


ONCE = {"once", "play"}  # `play` of the sandbox's routes is one with it


def test_w41_every_write_is_made_once_and_so_audited() -> None:
    """`Endpoint.once` writes the audit entry and keeps the key; nothing goes past it."""
    writes = [
        (f"{module.name}, line {function.lineno}", function)
        for module in views()
        for function in module.functions()
        if function.name in {"post", "put", "patch", "delete"}
    ]
    assert len(writes) > 30
    assert [place for place, function in writes if not calls(function, ONCE)] == []


def test_no_lock_file_names_an_address() -> None:
    locks = sorted(ROOT.glob("*.lock"))
    assert [lock.name for lock in locks] == ["requirements-dev.lock", "requirements.lock"]
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []


def names_of(module: Module) -> set[str]:
    return {module.last, *(node.name for node in (*module.functions(), *module.classes()))}


def words(name: str) -> list[str]:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def opening(module: Module) -> str:
    """The first paragraph of the module's docstring."""
    return (ast.get_docstring(module.tree) or "").split("\n\n")[0].rstrip()


def calls(function: ast.AST, methods: set[str]) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in methods for node in ast.walk(function)
    )


def is_float(node: ast.Constant | ast.Call) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    return isinstance(node.func, ast.Name) and node.func.id == "float"


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_says_what_each_of_its_modules_is_for(name: str) -> None:
    folder = ROOT / name.replace(".", "/")
    words = set(re.findall(r"\w+", (folder / "README.md").read_text()))
    there = {path.stem for path in folder.glob("*.py")} - {"__init__", "apps"}
    assert sorted(there - words) == []
