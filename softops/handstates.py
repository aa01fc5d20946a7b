"""What a run by hand says that it starts, believed only as far as softops would have made it so itself.

Whoever may report is no more than a client of the API. A revision is run again by a rollback, so it must not hold
anything that the catalog does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from softops.appfiles import app_files
from softops.composing import AppVersion
from softops.entities import Record, SoftImage
from softops.errors import BadRequest
from softops.jobs import RevisionDraft
from softops.params import check_parameters
from softops.permissions import declared_permissions
from softops.secretparams import secret_names
from softops.vault import Vault

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def state_by_hand(image: SoftImage, record: Record, said: Mapping[str, Any], vault: Vault,
                  ) -> tuple[Mapping[str, Any], RevisionDraft]:
    """The parameters that may be shown, and the revision. BadRequest when `said` is not what the catalog's version
    `image` becomes with the parameters that are said."""
    digest, given = said.get("digest"), said.get("parameters")
    if not isinstance(given, dict) or not (digest is None or (isinstance(digest, str) and _DIGEST.fullmatch(digest))):
        raise BadRequest("INPUT_INVALID", problem="a state without parameters")
    values = check_parameters(image.entry, given)
    app = AppVersion(name=image.name, version=image.version, image=image.docker_image, digest=digest,
                     commit=record.commit, entry=image.entry)
    files = app_files(app, values, accepted=declared_permissions(app, values))
    alike = record.docker_image == image.docker_image and _same(image.entry, said.get("entry"))
    if not alike or files.compose != said.get("compose"):
        raise BadRequest("HAND_STATE_OTHER", software=image.name, version=image.version)
    hidden = secret_names(image.entry)
    return {name: value for name, value in values.items() if name not in hidden}, RevisionDraft(
        repository=str(said.get("repository") or ""), entry=image.entry, images=files.images, compose=files.compose,
        secrets=vault.seal({name: value for name, value in values.items() if name in hidden}))


def _same(one: object, other: object) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
