"""Catalog repositories, mirrored as bare git repositories and read without ever being checked out."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from softops.errors import GitError
from softops.gitaddress import Address, check_folder, check_ref, is_commit, parse_address, shown
from softops.gitcommand import Git
from softops.gitkeys import offered
from softops.gitroute import Route, route
from softops.gitstore import Store
from softops.gittree import Tree, read_tree
from softops.logins import Login, SshKey
from softops.networks import DEFAULT, Networks

ASK_TIMEOUT = 30.0
"""Seconds a repository may take to say where its branches are."""
FETCH_TIMEOUT = 600.0
"""Seconds a fetch may take."""
MAX_NAMED = 20
"""Branches that an error names."""

_FETCH = ("fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--update-shallow",
          "--no-recurse-submodules")
_REDIRECTED = re.compile(r"returned error: 30[1-8]")
_TIP = "refs/softops/tip"
_EVERYTHING = ("+refs/heads/*:refs/softops/all/heads/*", "+refs/tags/*:refs/softops/all/tags/*")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Remote:
    """A ref of the repository and the commit it leads to."""

    name: str
    commit: str


class GitMirror:
    """Mirrors of repositories below `root`; any number of processes and threads may share them."""

    def __init__(self, root: Path, *, networks: Networks = DEFAULT, ask_timeout: float = ASK_TIMEOUT,
                 fetch_timeout: float = FETCH_TIMEOUT) -> None:
        self._root = root
        self._git = Git(root)
        self._networks = networks
        self._ask_timeout = ask_timeout
        self._fetch_timeout = fetch_timeout

    def resolve(self, url: str, ref: str, access: Login | SshKey | None = None) -> str:
        """The full id of the commit that `ref` (HEAD, a branch, a tag, a commit) means now; everything of it is in
        the mirror afterwards. `access` is what git logs in with. GitError when the repository can't be reached or does
        not have it."""
        store = Store(self._root, parse_address(url).with_access(access), self._git)
        check_ref(ref)
        known = store.complete(ref) if is_commit(ref) else None
        if known == ref:
            return ref
        remote = self._ask(store.address, ref)
        known = known if remote is None else store.complete(remote.commit)
        if known is not None:
            return known
        with store.locked():
            return self._bring(store, ref, remote)

    def files(self, url: str, commit: str, folder: str = "") -> Tree:
        """The files of `folder` at a commit that `resolve` returned, by their paths inside the folder."""
        store = Store(self._root, parse_address(url), self._git)
        with store.locked(shared=True):
            try:
                return read_tree(store, check_ref(commit), check_folder(folder))
            except GitError as exc:
                if exc.reason == "GIT_DAMAGED":
                    store.begin()
                raise

    def forget(self, url: str, others: Iterable[str] = ()) -> None:
        """Let go of the mirror of `url`, unless one of `others` is mirrored there too or somebody is using it."""
        address = _address(url)
        if address is None or address.url in {other.url for other in map(_address, others) if other is not None}:
            return
        store = Store(self._root, address, self._git)
        with contextlib.suppress(BlockingIOError), store.locked(wait=False):
            # Its lock stays: somebody may be about to wait for that very file.
            store.fresh()
            store.remove()
            store.end()

    def _ask(self, address: Address, ref: str) -> _Remote | None:
        """Where `ref` is now; None when it can only be a commit."""
        names = [ref] if ref == "HEAD" or ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
        found = self._list(address, *names, *(f"{name}^{{}}" for name in names))
        for name in names:
            if name in found:
                return _Remote(name=name, commit=found.get(f"{name}^{{}}", found[name]))
        if is_commit(ref):
            return None
        branches = [name.removeprefix("refs/heads/") for name in self._list(address, "refs/heads/*")]
        if not branches:
            raise GitError("GIT_EMPTY", url=address.url)
        raise GitError("GIT_REF_MISSING", url=address.url, ref=ref, choices=shown(", ".join(branches[:MAX_NAMED])))

    def _list(self, address: Address, *patterns: str) -> dict[str, str]:
        """The commits of the repository's refs, by name."""
        way = self._route(address)
        try:
            with offered(address.key) as key:
                done = self._git.run("ls-remote", "--quiet", "--", address.url, *patterns, timeout=self._ask_timeout,
                                     settings={**address.settings(), **way.settings}, ssh=f"{key} {way.ssh}".strip())
        except TimeoutError as exc:
            raise GitError("GIT_TIMEOUT", url=address.url, seconds=round(self._ask_timeout)) from exc
        if done.code != 0:
            raise GitError("GIT_REDIRECT" if _REDIRECTED.search(done.detail) else "GIT_UNREACHABLE", url=address.url,
                           detail=done.detail)
        lines = (line.split("\t", 1) for line in done.output.decode("utf-8", "replace").splitlines())
        return {name: commit for commit, name in lines}

    def _bring(self, store: Store, ref: str, remote: _Remote | None) -> str:
        """Fetch into the store, which is held alone; one that was left half-written is made anew."""
        if store.interrupted:
            store.remove()
        elif remote is not None and store.complete(remote.commit):
            return remote.commit  # somebody else has fetched it meanwhile
        had = store.exists
        store.begin()
        try:
            return self._fetch(store, ref, remote)
        except GitError as exc:
            # The repository has just answered: what was fetched earlier may be what is in the way.
            if not had or exc.reason != "GIT_FAILED":
                raise
            fresh = store.fresh()
            commit = self._fetch(fresh, ref, remote)
            store.take(fresh)
            return commit
        finally:
            store.end()

    def _fetch(self, store: Store, ref: str, remote: _Remote | None) -> str:
        store.make("sha256" if len(remote.commit if remote else ref) == 64 else "sha1")
        if remote is not None:
            self._fetch_refs(store, f"+{remote.name}:{_TIP}")
            return store.keep(_TIP) or _refuse("GIT_NOT_A_COMMIT", store, ref)
        self._fetch_refs(store, *_EVERYTHING)
        if store.keep(ref) is None and len(ref) >= 40:
            # A commit that no branch leads to any more; some servers still give it.
            with contextlib.suppress(GitError):
                self._fetch_refs(store, f"+{ref}:{_TIP}")
        return store.keep(ref) or _refuse("GIT_COMMIT_MISSING", store, ref)

    def _fetch_refs(self, store: Store, *refspecs: str) -> None:
        prune = ("--prune",) if refspecs == _EVERYTHING else ()
        way = self._route(store.address)
        with offered(store.address.key) as key:
            store.run(*_FETCH, *prune, "--", store.address.url, *refspecs, timeout=self._fetch_timeout,
                      settings={**store.address.settings(), **way.settings}, ssh=f"{key} {way.ssh}".strip())

    def _route(self, address: Address) -> Route:
        # Asked anew each time: names come to lead elsewhere.
        return route(address, self._networks, self._git.ssh)


def _address(url: str) -> Address | None:
    try:
        return parse_address(url)
    except GitError:
        return None  # Nothing was ever fetched from there.


def _refuse(reason: str, store: Store, ref: str) -> str:
    raise GitError(reason, url=store.address.url, ref=ref)
