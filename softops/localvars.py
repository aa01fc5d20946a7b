"""The file in host_vars that softops writes: the variable softops_apps_local of one host, as text and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from softops.desired import LOCAL
from softops.errors import BadRequest

HEAD = "# Written by softops: what was started here by hand. Change it through softops, or delete the whole file.\n"
"""The first line; a file without it is somebody else's."""
_TEMPLATE = re.compile(r"\{[{%#]")

Apps = Mapping[str, Mapping[str, Any]]


class _Value(str):
    """A text that is a value, not a key."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


class _Loader(yaml.SafeLoader):
    pass


def _quoted(dumper: yaml.SafeDumper, value: _Value) -> yaml.ScalarNode:
    # Ansible evaluates templates in variables when somebody's own play uses them; so tagged, it never does.
    tag = "!unsafe" if _TEMPLATE.search(value) else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, str(value), style='"')


_Dumper.add_representer(_Value, _quoted)
def _literal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_Loader.add_constructor("!unsafe", _literal)


def local_text(apps: Apps) -> str:
    """The whole file. Everything in it is literal for Ansible as well."""
    content = {LOCAL: {name: _marked(dict(apps[name])) for name in sorted(apps)}}
    return f"{HEAD}---\n" + yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1_000_000)


def local_apps(text: str) -> Apps:
    """What the file says; BadRequest when softops did not write it like that."""
    if not text.startswith(HEAD):
        raise BadRequest("WRITE_BACK_FOREIGN")
    try:
        data: Any = yaml.load(text, Loader=_Loader)  # noqa: S506  a safe one
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise BadRequest("WRITE_BACK_FOREIGN") from exc
    apps = data.get(LOCAL) if isinstance(data, dict) else None
    if not isinstance(apps, dict) or not all(isinstance(app, dict) for app in apps.values()):
        raise BadRequest("WRITE_BACK_FOREIGN")
    return apps


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return _Value(value)
    if isinstance(value, Mapping):
        return {str(key): _marked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(one) for one in value]
    return value
