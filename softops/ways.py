"""The way from an Ansible task to the server's Docker engine and files: the one that Ansible itself would take."""

# ruff: noqa: SLF001  what Ansible gives its action plugins to work with is named as protected members

from __future__ import annotations

import os
import shlex
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from softops.delivery import Said, Shell
from softops.dials import MARK, Certificates, CommandDial, Dial, Password, TcpDial, UnixDial
from softops.errors import EngineUnreachable, ServerUnreachable
from softops.refusals import login_refusal, quoted

SOCKET = "/var/run/docker.sock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How to reach one server."""

    dial: Dial
    shell: Shell | None
    """None: an engine whose server is known by its docker_host alone."""
    shares_disk: bool
    """Whether the shell is on the machine of the engine for sure."""
    here: bool
    """Whether the engine is this machine's."""
    tries: int = 1
    """How often to dial before giving up."""
    reads_files: bool = False
    """Whether this process itself sees the server's files as the shell does."""
    command: Callable[[str], Dial] | None = None
    """The way to a shell command on the server, whose input and output are the line; None: there is no shell."""
    renew: bool = False
    """Whether the dial works only as long as the connection that Ansible has opened with a password."""


def way_to(action: ActionBase, options: Mapping[str, str], timeout: float, *, prelude: str = "") -> Way:
    """The way to the server of `action`. `options` are docker_host, docker_socket and the certificates, empty ones
    left out; `timeout` is for TCP connections and what comes after a login. Where a shell on the server opens the
    line, it runs `prelude` first, and what that prints is the line's greeting."""
    transport = str(action._connection.transport).rpartition(".")[2]
    if "docker_host" in options:
        dial = _docker_host(options)
        return Way(dial=dial, shell=_shell(action) if transport == "ssh" else None, shares_disk=False,
                   here=isinstance(dial, UnixDial))
    if transport == "local":
        return Way(dial=_local(action, options, timeout, prelude), shell=_shell(action), shares_disk=True, here=True,
                   reads_files=not _becomes(action), command=lambda script: _local_command(action, script, timeout))
    if transport == "ssh":
        tries = 1 + int(action._connection.get_option("reconnection_retries") or 0)
        return Way(dial=_ssh(action, options, timeout, prelude), shell=_shell(action), shares_disk=True,
                   here=False, tries=tries, renew=_has_password(action),
                   command=lambda script: _ssh_script(action, script, timeout))
    raise EngineUnreachable("CONNECTION_UNSUPPORTED", transport=transport)


def _shell(action: ActionBase) -> Shell:
    def run(command: str, stdin: str = "") -> Said:
        try:
            # With input, if only an empty line, Ansible asks for no terminal, which would change the output.
            done = action._low_level_execute_command(command, in_data=(stdin or "\n").encode())
        except AnsibleConnectionFailure as exc:
            raise login_refusal(str(exc), 255, over_ssh=True) from exc
        except AnsibleError as exc:
            raise ServerUnreachable("BECOME_FAILED", words=quoted(str(exc))) from exc
        return Said(code=done["rc"], output=done["stdout"], errors=done["stderr"])

    return run


def _local(action: ActionBase, options: Mapping[str, str], timeout: float, prelude: str) -> Dial:
    socket = options.get("docker_socket", SOCKET)
    if not _becomes(action):
        return UnixDial(path=socket)
    argv = ("/bin/sh", "-c", _remote_command(action, options, prelude))
    return CommandDial(argv=argv, over_ssh=False, login_timeout=timeout, password=_become_password(action))


def _ssh(action: ActionBase, options: Mapping[str, str], timeout: float, prelude: str) -> Dial:
    connection = action._connection
    connection.host = connection.get_option("host") or action._play_context.remote_addr
    if _has_password(action):
        # Ansible logs in with the password and leaves a master behind, over which lines need none.
        _shell(action)("true")
    command = _remote_command(action, options, prelude)
    return CommandDial(argv=_ssh_command(action, command), over_ssh=True, password=_become_password(action),
                       login_timeout=float(connection.get_option("timeout")) + timeout)


def _local_command(action: ActionBase, script: str, timeout: float) -> Dial:
    argv = ("/bin/sh", "-c", _as_wanted(action, f"echo {MARK.decode().strip()}; {script}"))
    return CommandDial(argv=argv, over_ssh=False, login_timeout=timeout, password=_become_password(action))


def _ssh_script(action: ActionBase, script: str, timeout: float) -> Dial:
    command = _as_wanted(action, f"echo {MARK.decode().strip()}; {script}")
    return CommandDial(argv=_ssh_command(action, command), over_ssh=True, password=_become_password(action),
                       login_timeout=float(action._connection.get_option("timeout")) + timeout)


def _ssh_command(action: ActionBase, command: str) -> tuple[bytes, ...]:
    """Ansible's own ssh command line, without what would ask for the login's password."""
    connection = action._connection
    ssh = str(connection.get_option("ssh_executable"))
    argv = tuple(connection._build_command(ssh, "ssh", connection.host, command))
    if _has_password(action):
        if not any(word.startswith(b"ControlPath=") and word != b"ControlPath=none" for word in argv):
            raise ServerUnreachable("CONNECTION_PASSWORD")
        for descriptor in getattr(connection, "sshpass_pipe", None) or ():
            os.close(descriptor)
        argv = argv[argv.index(ssh.encode()):]
    return argv


def _has_password(action: ActionBase) -> bool:
    return bool(action._connection.get_option("password") or action._play_context.password)


def _remote_command(action: ActionBase, options: Mapping[str, str], prelude: str) -> str:
    """The shell command that becomes the line: after MARK it is the engine's stdin and stdout."""
    at = f" --host {shlex.quote('unix://' + options['docker_socket'])}" if "docker_socket" in options else ""
    # The shell's own words for a missing command depend on its language.
    command = (f"{prelude or ':'}; echo {MARK.decode().strip()}; "
               "command -v docker >/dev/null || { echo docker: not found >&2; exit 127; }; "
               f"exec docker{at} system dial-stdio")
    return _as_wanted(action, command)


def _as_wanted(action: ActionBase, command: str) -> str:
    """The shell command that runs `command` as the user whom Ansible would become."""
    if _becomes(action):
        return str(action._connection.become.build_become_command(command, action._connection._shell))
    return f"/bin/sh -c {shlex.quote(command)}"


def _becomes(action: ActionBase) -> bool:
    """Whether Ansible would become another user for a command of this task."""
    if action._connection.become is None:
        return False
    login, wanted = action._get_remote_user(), action.get_become_option("become_user")
    return bool(constants.BECOME_ALLOW_SAME_USER or wanted != login or not any((login, wanted)))


def _become_password(action: ActionBase) -> Password | None:
    """The password for the command that was built last: every command has its own prompt."""
    become = action._connection.become
    secret = become.get_option("become_pass") if _becomes(action) else None
    return Password(prompt=str(become.prompt), secret=str(secret)) if secret and become.prompt else None


def _docker_host(options: Mapping[str, str]) -> Dial:
    address = options["docker_host"]
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise EngineUnreachable("DOCKER_HOST_INVALID", address=quoted(address)) from exc
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return UnixDial(path=parts.path)
    if parts.scheme != "tcp" or not host or parts.path.strip("/"):
        raise EngineUnreachable("DOCKER_HOST_INVALID", address=quoted(address))
    certificates = _certificates(options)
    try:
        tls = certificates.context() if certificates is not None else None
    except (OSError, ssl.SSLError) as exc:
        raise EngineUnreachable("DOCKER_HOST_TLS", address=quoted(address), words=quoted(str(exc))) from exc
    return TcpDial(host=host, port=port or (2375 if tls is None else 2376), tls=tls, certificates=certificates)


def _certificates(options: Mapping[str, str]) -> Certificates | None:
    """Those for mutual TLS as the engine's documentation has it; None when none is named."""
    named = [options.get(f"docker_{name}") for name in ("ca_cert", "client_cert", "client_key")]
    if not any(named):
        return None
    return Certificates(authority=named[0], certificate=named[1], key=named[2])
