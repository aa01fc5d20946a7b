"""Runs git so that nothing but softops decides what it does: no user settings, hooks, prompts or pagers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from softops.config import CONFIDENTIAL
from softops.errors import GitError
from softops.memoryfiles import in_memory
from softops.problems import printable, shortened

# A file, not -c: git hides -c from the upload-pack that it starts for a local repository, which then
# would refuse one that belongs to another user.
_SETTINGS = """\
[safe]
\tdirectory = *
[core]
\thooksPath = /dev/null
\taskPass = true
[protocol "ext"]
\tallow = never
[fetch]
\tunpackLimit = 1
\trecurseSubmodules = false
[gc]
\tautoDetach = false
[http]
	followRedirects = false
\tlowSpeedLimit = 1
\tlowSpeedTime = 30
[init]
\tdefaultBranch = main
"""

_SSH = "-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"
_KEPT = ("GIT_SSL_", "GIT_SSH")
_BORING = ("Please make sure you have the correct access rights", "and the repository exists.", "hint:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a git command ended."""

    code: int
    output: bytes
    errors: bytes

    @property
    def detail(self) -> str:
        """What git said about a failure, on one line and safe to show."""
        lines = [line.strip() for line in self.errors.decode("utf-8", "replace").splitlines()]
        telling = [line.removeprefix("fatal: ").rstrip(".") for line in lines
                   if line and not line.startswith(_BORING)]
        return printable(shortened("; ".join(telling[-3:]), 300)) or f"git ended with {self.code}"


class Git:
    """The git program with settings of its own, kept in `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._settings = root / "gitconfig"

    def run(self, *words: str, timeout: float, directory: Path | None = None, given: bytes = b"",
            settings: Mapping[str, str] | None = None, keep_open: int | None = None, ssh: str = "") -> Done:
        """Run `git words` on the bare repository `directory`. After `timeout` seconds the whole process group is
        killed and TimeoutError raised. The process also holds the file `keep_open`, for as long as it lives. `ssh`
        are further options of ssh, as a shell reads them. What `settings` hold is seen by git alone: it stands in no
        list of processes and in nobody's environment."""
        where = [f"--git-dir={directory}"] if directory else []
        with in_memory("gitconfig", self._with(settings or {})) as path:
            process = self._start([*where, *words], path, keep_open, ssh)
            try:
                output, errors = process.communicate(given, timeout=timeout)
            except subprocess.TimeoutExpired as exc:
                raise TimeoutError from exc
            finally:
                _end(process)
        return Done(code=process.returncode, output=output, errors=errors)

    def ssh(self) -> tuple[str, Mapping[str, str]]:
        """The shell command with which git calls ssh, and its environment."""
        environment = self._environment(str(self._settings), "")
        return environment["GIT_SSH_COMMAND"], environment

    def _start(self, words: Sequence[str], settings: str, keep_open: int | None,
               ssh: str) -> subprocess.Popen[bytes]:
        try:
            self._write_settings()
            return subprocess.Popen(
                ["git", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                cwd=self._root, env=self._environment(settings, ssh), start_new_session=True,
                pass_fds=() if keep_open is None else (keep_open,))
        except FileNotFoundError as exc:
            raise GitError("GIT_NOT_INSTALLED") from exc
        except OSError as exc:
            raise GitError("GIT_ROOT", path=self._root, problem=exc.strerror) from exc

    def _write_settings(self) -> None:
        if not self._settings.exists():
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self._settings.with_suffix(f".{os.getpid()}")
            part.write_text(_SETTINGS, encoding="utf-8")
            part.replace(self._settings)

    def _with(self, settings: Mapping[str, str]) -> str:
        """A file of settings: those that always hold, and these."""
        lines = [f"[include]\n\tpath = {_quoted(str(self._settings))}\n"]
        for name, value in settings.items():
            section, _, rest = name.partition(".")
            part, _, key = rest.rpartition(".")
            lines.append(f"[{section}{f' {_quoted(part)}' if part else ''}]\n\t{key} = {_quoted(value)}\n")
        return "".join(lines)

    def _environment(self, settings: str, options: str) -> dict[str, str]:
        # git needs PATH, HOME, the ssh agent and proxies of this process; its own variables may point
        # anywhere (inside a hook they do), so only those about ssh and TLS are passed on.
        env = {name: value for name, value in os.environ.items()
               if name not in CONFIDENTIAL and (not name.startswith("GIT_") or name.startswith(_KEPT))}
        ssh = env.pop("GIT_SSH", "") or "ssh"
        env |= {
            "GIT_ALLOW_PROTOCOL": "file:https:http:ssh:git", "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": settings, "GIT_NO_LAZY_FETCH": "1",
            "GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_SSH_COMMAND": f"{env.get('GIT_SSH_COMMAND', ssh)} {_SSH} {options}".rstrip(),
            "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
        return env


def _quoted(text: str) -> str:
    """A text as a file of settings has it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing that git started is left; asked first, because git then removes its locks and unfinished files."""
    for number, grace in ((signal.SIGTERM, 3.0), (signal.SIGKILL, None)):
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(grace)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
