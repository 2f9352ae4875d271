"""The product's source as trees: what the tests of the architecture read instead of running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Longer names first, so that a module is found in the innermost room.
ROOMS = (
    "integrations.marketplaces",
    "integrations.providers",
    "integrations.simulators",
    "ledger",
    "payments",
    "escrow",
    "withdrawals",
    "config",
)


@dataclass(frozen=True)
class Module:
    """One file of the product: its dotted name and its tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def package(self) -> str:
        is_package = self.path.name == "__init__.py"
        return self.name if is_package else self.name.rpartition(".")[0]

    @property
    def lines(self) -> int:
        return len(self.path.read_text().splitlines())

    def imports(self) -> Iterator[str]:
        """Every name that is imported anywhere in the file, absolute."""
        for node in ast.walk(self.tree):
            yield from self.imported(node)

    def imported(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{self._origin(node)}.{alias.name}" for alias in node.names)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        yield from (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.package.split(".")
        parents = here[: len(here) - (node.level - 1)]
        return ".".join([*parents, *([node.module] if node.module else [])])


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, without migrations and tests."""
    tops = sorted({room.partition(".")[0] for room in ROOMS})
    files = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return tuple(_read(path) for path in files if "migrations" not in path.parts)


def room(name: str) -> str:
    """The room that a dotted name is in; empty for what is not ours."""
    return next((r for r in ROOMS if name == r or name.startswith(f"{r}.")), "")


def body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """What a function does, without its docstring."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if is_docstring else function.body


def code_lines(module: Module, statements: list[ast.stmt]) -> int:
    """How many lines the statements fill, blank ones not counted."""
    if not statements:
        return 0
    text = module.path.read_text().splitlines()
    last = statements[-1].end_lineno or statements[-1].lineno
    return sum(1 for line in text[statements[0].lineno - 1 : last] if line.strip())


def _read(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, ast.parse(path.read_text()))
