"""The files of an app on its server, and the shell scripts that look at them and change them.

Scripts that carry contents go to a shell's stdin, never on a command line. What they do stands in a function that is
called at their end: one that arrives in part does nothing. Contents are here-documents that nothing expands.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from softops.installed import fingerprint
from softops.masking import MASK

COMPOSE, ENV, REVISION, PREVIOUS = "compose.yml", ".env", "revision.json", "previous"
DONE = "softops-done"
"""What a script says at its end."""
SHOWN = "softops-shown"
"""Between the two files that are shown."""
MAX_REVISION = 16384
STARTING, RUNNING, FAILED = "starting", "running", "failed"
"""States in revision.json: being started or interrupted in that, has worked, has not worked."""
_FOUND = re.compile(r"^softops-app (\S+) (\S+) (\S+) (\S+) (\S+) (\S+) (.*)$", re.MULTILINE)
_PROBE = """\
for p in {pairs}; do a=${{p%%/*}}; d={apps}/$a; [ -d "$d" ] || continue; printf 'softops-app %s' "$a"; \
for f in compose.yml .env installed/${{p#*/}}.json; do \
s=$(sha256sum -- "$d/$f" 2>/dev/null); s=${{s%% *}}; printf ' %s' "${{s:--}}"; done; \
if [ -f "$d/previous/revision.json" ]; then printf ' +'; else printf ' -'; fi; \
if [ -e "$d/docker-compose.yml" ] || [ -e "$d/compose.yaml" ] || [ -e "$d/docker-compose.yaml" ]; \
then printf ' + '; else printf ' - '; fi; \
head -c {limit} "$d/revision.json" 2>/dev/null | tr -d '\\n\\r'; echo; done; \
for p in "${{DOCKER_CONFIG:-$HOME/.docker}}" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker \
/usr/libexec/docker; do [ ! -x "$p/cli-plugins/docker-compose" ] || {{ echo {compose}; break; }}; done"""
_COMPOSE_THERE = "softops-compose-there"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a server has of an app: fingerprints of its files, None for one that is not there."""

    there: bool = False
    compose: str | None = None
    env: str | None = None
    note: str | None = None
    """That of installed/VERSION.json."""
    previous: bool = False
    """Whether a way back is kept."""
    other: bool = False
    """Whether there is a file that softops never writes and Compose would read."""
    revision: Mapping[str, Any] | None = field(default=None)
    """What softops noted of it; None: softops did not make it."""

    @property
    def secrets(self) -> frozenset[str]:
        """The parameters that are secret there."""
        named = (self.revision or {}).get("secrets")
        names = named if isinstance(named, list) else []
        return frozenset(name for name in names if isinstance(name, str) and re.fullmatch(r"\w+", name))

    @property
    def state(self) -> str:
        """The state in revision.json; empty where there is none."""
        return str((self.revision or {}).get("state") or "")

    @property
    def foreign(self) -> bool:
        """Whether somebody else put an app there."""
        return self.revision is None and (self.compose is not None or self.env is not None or self.other)


def probe_command(apps_dir: PurePosixPath, apps: Iterable[tuple[str, str]]) -> str:
    """The shell command that says in a line each what there is of these apps (name, version), and whether Compose is
    where plugins of docker usually are."""
    pairs = " ".join(shlex.quote(f"{name}/{version}") for name, version in apps)
    return _PROBE.format(pairs=pairs, apps=shlex.quote(str(apps_dir)), limit=MAX_REVISION,
                         compose=_COMPOSE_THERE)


def found_in(output: str) -> Mapping[str, Found]:
    """What `probe_command` printed, by name."""
    found = {}
    for name, compose, env, note, previous, other, revision in _FOUND.findall(output):
        found[name] = Found(there=True, compose=_known(compose), env=_known(env), note=_known(note),
                            previous=previous == "+", other=other == "+", revision=_revision(revision))
    return found


def compose_seen(output: str) -> bool:
    """Whether `probe_command` has seen Compose; where it has not, Compose may still be at another place."""
    return _COMPOSE_THERE in output.splitlines()


def same_files(found: Found, compose: str, env: str) -> bool:
    """Whether the server has exactly these contents."""
    return (found.compose, found.env) == (fingerprint(compose.encode()), fingerprint(env.encode()))


def revision_text(content: Mapping[str, Any]) -> str:
    """The text of revision.json: one line."""
    return json.dumps(content, ensure_ascii=True, sort_keys=True) + "\n"


def write_script(directory: PurePosixPath, *, compose: str, env: str, revision: str, keep: bool) -> str:
    """The script that puts these files in the place of those that are there, each at once. With `keep` those become
    the way back. revision.json comes first: until it says that the app runs, nobody takes the files for proven."""
    steps = ['mkdir -p -- "$d"; cd -- "$d"']
    if keep:
        steps.append(f"rm -rf .{PREVIOUS}.new; mkdir -m 700 .{PREVIOUS}.new; "
                     f"for f in {COMPOSE} {ENV} {REVISION}; do [ ! -f $f ] || cp -p $f .{PREVIOUS}.new/; done; "
                     f"rm -rf {PREVIOUS}; mv .{PREVIOUS}.new {PREVIOUS}")
    files = ((REVISION, revision, "644"), (COMPOSE, compose, "644"), (ENV, env, "600"))
    # All are on the disk before the first takes its place.
    steps += [_lay(name, content, mode) for name, content, mode in files]
    steps += [_place(name) for name, _, _ in files]
    return _script(directory, steps)


def note_script(directory: PurePosixPath, revision: str) -> str:
    """The script that changes revision.json alone."""
    return _script(directory, ['cd -- "$d"', _lay(REVISION, revision, "644"), _place(REVISION)])


def restore_script(directory: PurePosixPath) -> str:
    """The script that brings back what was kept; it stays kept, in case this is interrupted. revision.json is to be
    written when it has worked: until then nobody takes the files for proven."""
    return _script(directory, ['cd -- "$d"', f"for f in {COMPOSE} {ENV}; do "
                               f"[ ! -f {PREVIOUS}/$f ] || {{ cp -p {PREVIOUS}/$f .$f.new; mv -f .$f.new $f; }}; done"])


def previous_command(directory: PurePosixPath) -> str:
    """The shell command that prints the kept revision.json."""
    return f"head -c {MAX_REVISION} {shlex.quote(str(directory / PREVIOUS / REVISION))} | tr -d '\\n\\r'"


def shown_command(directory: PurePosixPath, secrets: Iterable[str]) -> str:
    """The shell command that prints compose.yml and then, after a line SHOWN, .env without the values of `secrets`."""
    hidden = "|".join(sorted(secrets)) or "="
    return (f"cd -- {shlex.quote(str(directory))} 2>/dev/null || exit 0; cat {COMPOSE} 2>/dev/null; echo {SHOWN}; "
            f"sed -E 's/^({hidden})=.*/\\1={MASK}/' {ENV} 2>/dev/null")


def masked_env(env: str, secrets: Iterable[str]) -> str:
    """The text of .env without the values of `secrets`."""
    hidden = frozenset(secrets)
    # Values may hold characters that `splitlines` takes for the end of a line.
    lines = (line.partition("=") for line in env.removesuffix("\n").split("\n") if line)
    return "".join(f"{name}={MASK if name in hidden else value}\n" for name, _, value in lines)


def removal_script(directory: PurePosixPath, *, everything: bool) -> str:
    """The script that takes away what softops wrote, and the directory when nothing else is in it; with `everything`
    also the data that the app keeps there."""
    if everything:
        # revision.json goes last: an interrupted removal must not leave something that looks like somebody else's.
        return _script(directory, ['[ ! -d "$d" ] || [ -L "$d" ] || (cd -- "$d"; for f in * .[!.]* ..?*; do '
                                   f'[ "$f" = {REVISION} ] || rm -rf -- "$f"; done)', 'rm -rf -- "$d"'])
    ours = f"{COMPOSE} {ENV} {REVISION} {PREVIOUS} .{PREVIOUS}.new installed"
    return _script(directory, ['[ -d "$d" ] || return 0; cd -- "$d"', f"rm -rf -- {ours}", "cd /",
                               'rmdir -- "$d" 2>/dev/null || true'])


def project_name(name: str) -> str:
    """What Compose calls the app: its project names have no dots."""
    return name.replace(".", "_")


def compose_function(project: str, directory: PurePosixPath, socket: str = "") -> str:
    """The shell function `dc`, which becomes Compose for the app; it belongs in a subshell. Nothing of the login's
    environment but where Docker is gets into it: a variable there would win over the same name in .env."""
    at = f" --host {shlex.quote('unix://' + socket)}" if socket else ""
    passed = " ".join(f'${{{name}:+"{name}=${name}"}}' for name in (
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"))
    return (f"d={shlex.quote(str(directory))}; cd -- \"$d\" 2>/dev/null || cd /; f=; "
            f"[ ! -f {COMPOSE} ] || f='--project-directory . -f {COMPOSE}'; "
            f'dc() {{ exec env -i "DOCKER_CONFIG=${{DOCKER_CONFIG:-$HOME/.docker}}" {passed} '
            f'"$(command -v docker)"{at} compose $f -p {shlex.quote(project)} "$@"; }}')


def compose_version_command(socket: str = "") -> str:
    """The shell command that prints the version of the server's Compose, and fails where there is none."""
    return f"{compose_function('softops', PurePosixPath('/'), socket)}; (dc version --short)"


def _lay(name: str, content: str, mode: str) -> str:
    """Write a file beside its place; nobody may read it before it has its mode."""
    end = "softops-" + hashlib.sha256(content.encode()).hexdigest()[:32]
    return (f"rm -f {_beside(name)}; (umask 077; cat >{_beside(name)}) <<'{end}'\n{content}{end}\n"
            f"chmod {mode} {_beside(name)}")


def _place(name: str) -> str:
    return f"mv -f {_beside(name)} {name}"


def _beside(name: str) -> str:
    return f".{name.lstrip('.')}.softops"


def _script(directory: PurePosixPath, steps: Iterable[str]) -> str:
    body = "\n".join(steps)
    return (f"softops() {{\nset -eu; umask 022; d={shlex.quote(str(directory))}\n{body}\n}}\n"
            f"softops\necho {DONE}\n")


def _known(word: str) -> str | None:
    return None if word == "-" else word


def _revision(text: str) -> Mapping[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and isinstance(data.get("state"), str) else None
