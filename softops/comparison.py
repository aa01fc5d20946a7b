"""Compares two versions of a software, or a version with what a server has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.apps import Apps
from softops.choices import choices
from softops.composing import AppVersion
from softops.difference import Difference, Side, difference
from softops.entities import App, Revision, Server, SoftImage
from softops.errors import BadRequest, NotFound, SoftopsError
from softops.images import Images
from softops.keeping import Keeping, keeping
from softops.preview import Preview, preview
from softops.textdiff import TextDiff, text_diff


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A version as the catalog has it, or as it came to a server."""

    name: str
    version: str
    soft_id: int | None
    docker_image: str
    digest: str | None
    size: int | None
    """Bytes to download; None: not known."""
    commit: str | None
    entry: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    """Parameters in force, without secrets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two versions and all that differs."""

    before: State
    after: State
    difference: Difference
    compose: TextDiff | None
    """None when one of the two files can't be shown."""
    problem: SoftopsError | None
    """Why it can't."""
    app: App | None = None
    """What the server has, when it was compared with that."""
    keeping: Keeping | None = None
    """What becomes of the server's parameters."""

    @property
    def same(self) -> bool:
        """Whether nothing differs but what softops itself writes; False when that is not known."""
        return self.difference.empty and self.problem is None


class Comparisons:
    """Reads what is known of versions and servers; nothing is changed and no server is asked."""

    def __init__(self, *, images: Images, apps: Apps) -> None:
        self._images = images
        self._apps = apps

    def versions(self, name: str, before: str, after: str, repository: str | None = None) -> Comparison:
        """From one version to another. NotFound and BadRequest name what there is."""
        if before == after:
            there = (row.version for row in self._images.versions(name, repository) if row.version != before)
            raise BadRequest("VERSIONS_SAME", name=name, version=before, choices=choices("", there))
        return _compared(_state(self._images.find(name, before, repository)),
                         _state(self._images.find(name, after, repository)))

    def on_server(self, name: str, server: Server, after: str | None = None,
                  repository: str | None = None) -> Comparison:
        """From what `server` has to another version; without one, to the highest that is available."""
        app = self._apps.find(server.id, name)
        if app is None:
            self._images.versions(name, repository)
            raise NotFound("SOFTWARE_NOT_ON_SERVER", name=name, server=server.name,
                           choices=choices(server.name, (one.server_name for one in self._apps.where(name))))
        revision = self._apps.revision(server.id, name, app.revision) if app.revision is not None else None
        image = self._image_of(app)
        before = _running(app, revision, image) if revision is not None else _installed(app, image)
        repository = repository or (revision.repository if revision is not None else None)
        return _compared(before, _state(self._images.find(name, after, repository)), app)

    def _image_of(self, app: App) -> SoftImage:
        return self._images.get(app.soft_id) if app.soft_id is not None else self._images.find(app.name, app.version)


def _state(image: SoftImage) -> State:
    return State(name=image.name, version=image.version, soft_id=image.id, docker_image=image.docker_image,
                 digest=image.digest, size=image.size, commit=image.commit, entry=image.entry)


def _installed(app: App, image: SoftImage) -> State:
    return State(name=app.name, version=app.version, soft_id=app.soft_id, docker_image=app.docker_image,
                 digest=app.digest, size=_size(app, image), commit=app.commit, entry=image.entry,
                 values=app.parameters)


def _running(app: App, revision: Revision, image: SoftImage) -> State:
    """The revision in force: the catalog may say something else of the same version today."""
    return State(name=app.name, version=revision.version, soft_id=revision.soft_id,
                 docker_image=revision.docker_image, digest=app.digest or revision.digest, size=_size(app, image),
                 commit=revision.commit, entry=revision.entry, values=revision.parameters)


def _size(app: App, image: SoftImage) -> int | None:
    """The size in the table, if it is that of the image on the server."""
    known = image.docker_image == app.docker_image and image.digest in {None, app.digest}
    return image.size if known else None


def _compared(before: State, after: State, app: App | None = None) -> Comparison:
    kept = keeping(before.entry, after.entry, before.values, started=app.revision is not None) if app else None
    # Values that the other version does not take are told of; the preview uses its defaults instead.
    files = _previews(before, after)
    sides = [_side(state, file) for state, file in zip((before, after), files, strict=True)]
    problem = next((file for file in files if isinstance(file, SoftopsError)), None)
    return Comparison(before=before, after=after, difference=difference(*sides), app=app, keeping=kept,
                      problem=problem, compose=_compose_diff(before, after, files))


def _previews(before: State, after: State) -> tuple[Preview | SoftopsError, Preview | SoftopsError]:
    return _preview(before, before.values), _preview(after, before.values)


def _preview(state: State, values: Mapping[str, Any]) -> Preview | SoftopsError:
    try:
        return preview(AppVersion(name=state.name, version=state.version, image=state.docker_image,
                                  digest=state.digest, commit=state.commit, entry=state.entry), values)
    except SoftopsError as exc:
        return exc


def _side(state: State, file: Preview | SoftopsError) -> Side:
    return Side(version=state.version, image=state.docker_image, digest=state.digest, size=state.size,
                entry=state.entry, model=file.model if isinstance(file, Preview) else None)


def _compose_diff(before: State, after: State,
                  files: tuple[Preview | SoftopsError, Preview | SoftopsError]) -> TextDiff | None:
    old, new = files
    if isinstance(old, SoftopsError) or isinstance(new, SoftopsError):
        return None
    return text_diff(old.text, new.text, (_heading(before), _heading(after)))


def _heading(state: State) -> str:
    return f"{state.name} {state.version}/compose.yml"
