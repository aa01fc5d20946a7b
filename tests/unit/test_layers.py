"""The rules of docs/architecture.md that a machine can check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = sorted((PROJECT / "softops").rglob("*.py"))
EVERYTHING = sorted(path for folder in ("softops", "playbooks", "tests") for path in (PROJECT / folder).rglob("*.py")
                    if "node_modules" not in path.parts)
TEXT = {path: path.read_text() for path in EVERYTHING}
TREES = {path: ast.parse(text) for path, text in TEXT.items()}

IO_LIBRARIES = {"alembic", "ansible", "ansible_runner", "asyncio", "docker", "http", "httpx", "multiprocessing",
                "pymysql", "requests", "shutil", "signal", "socket", "socketio", "sqlalchemy", "sqlite3", "ssl",
                "starlette", "subprocess", "tempfile", "threading", "uvicorn", "websockets"}

ENVIRONMENT = {"config", "language", "actions", "doctor", "gitcommand", "inventory", "processes", "runner"}
"""Settings are read by `config` and the person's language by `language`; the others pass the environment on to the
programs that they start, or, as `actions`, are such a program."""

VAGUE = {"base", "common", "helper", "helpers", "misc", "shared", "util", "utils"}


def layers() -> dict[str, int]:
    """The layer of each module and package, as the table in docs/architecture.md has it."""
    rows = re.findall(r"^\| (\d) [^|]*\| (.*) \|$", (PROJECT / "docs/architecture.md").read_text(), re.MULTILINE)
    named = [(name, int(number)) for number, modules in rows for name in re.findall(r"`([a-z_]+/?)`", modules)]
    return {name.rstrip("/"): number for name, number in named if name != "playbooks/"}


LAYERS = layers()


def module_of(path: Path) -> str:
    """`web.sockets` for softops/web/sockets.py, `web` for softops/web/__init__.py."""
    parts = path.relative_to(PROJECT / "softops").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def unit_of(module: str) -> str:
    """What the table knows it as: the module itself, or the package it is in."""
    return module.split(".")[0]


MODULES = {module_of(path): path for path in SOURCES if module_of(path) and "migrations" not in path.parts}


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Every import, wherever it stands, by its absolute name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def known(name: str) -> str | None:
    """The module of softops that an absolute name belongs to."""
    words = name.split(".")
    if words[0] != "softops":
        return None
    ends = range(len(words), 1, -1)
    return next((".".join(words[1:end]) for end in ends if ".".join(words[1:end]) in MODULES), None)


def dependencies(module: str) -> set[str]:
    """The modules of softops that one imports, itself apart."""
    found = {known(name) for _, name in imports(TREES[MODULES[module]])}
    return {name for name in found if name is not None} - {module}


def test_every_module_has_its_layer_in_the_table() -> None:
    assert sorted({unit_of(module) for module in MODULES} - LAYERS.keys() - {"__main__"}) == []


def test_the_table_names_only_modules_that_exist() -> None:
    assert sorted(LAYERS.keys() - {unit_of(module) for module in MODULES}) == []


def test_modules_import_only_from_their_own_or_lower_layers() -> None:
    upward = [f"{module} ({LAYERS[unit_of(module)]}) imports {other} ({LAYERS[unit_of(other)]})"
              for module in MODULES if unit_of(module) in LAYERS
              for other in sorted(dependencies(module)) if unit_of(other) in LAYERS
              if LAYERS[unit_of(other)] > LAYERS[unit_of(module)]]
    assert upward == []


def test_imports_have_no_cycle() -> None:
    TopologicalSorter({module: dependencies(module) for module in MODULES}).prepare()


def test_no_import_of_softops_hides_in_a_function_below_the_edges() -> None:
    hidden = [f"{module}:{node.lineno} imports {name}" for module, path in MODULES.items()
              if LAYERS.get(unit_of(module), 4) < 4
              for function in ast.walk(TREES[path]) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
              for node, name in imports(function) if name.startswith("softops")]
    assert hidden == []


def test_pure_modules_import_no_library_that_acts() -> None:
    acting = [f"{module} imports {name}" for module, path in MODULES.items() if LAYERS.get(unit_of(module), 4) < 2
              for _, name in imports(TREES[path]) if name.split(".")[0] in IO_LIBRARIES]
    assert acting == []


def test_the_environment_is_read_in_few_places() -> None:
    assert sorted(module for module, path in MODULES.items()
                  if re.search(r"\bos\.(environ|getenv)\b", TEXT[path]) and module not in ENVIRONMENT) == []


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_and_functions_are_short(path: Path) -> None:
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(TREES[path])
               if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    # A migration is history: it is never split once it has run somewhere.
    long = {} if "versions" in path.parts else {name: length for name, length in lengths.items() if length > 60}
    assert (len(TEXT[path].splitlines()) <= 400, long) == (True, {})


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert sorted(str(path) for path in EVERYTHING if path.stem.strip("_") in VAGUE) == []


def test_the_layer_test_itself_sees_imports_in_functions() -> None:
    tree = ast.parse("def late():\n    from softops.config import Settings\n")
    assert [name for _, name in imports(tree)] == ["softops.config.Settings"]
