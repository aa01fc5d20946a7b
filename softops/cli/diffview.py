"""A difference of two versions as lines for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from softops.cli.amounts import plain, size
from softops.cli.labels import Words

Row = Mapping[str, Any]

SIGNS = {"added": "+", "removed": "-", "changed": "~"}
STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold red", "@": "cyan"}
LONGEST = 200
"""Characters of a value that are shown; `--json` shows all of it."""
SECTIONS = ("services", "ports", "env", "volumes", "resources", "settings", "parameters", "requires", "permissions")
LABELS = {section: f"DIFF_{section.upper()}" for section in SECTIONS}


def diff_lines(found: Row, words: Words, *, width: int | None) -> Iterator[Text]:
    """The lines; those that would be wider than `width` (None: nothing limits them) are split where that helps."""
    yield Text(plain(f"{found['name']} {found['from']['version']} -> {found['to']['version']}"), style="bold")
    if found["hint"]:
        yield Text(plain(found["hint"]), style="yellow")
    if found["same"]:
        yield Text(words("DIFF_NOTHING"))
    yield from _image_lines(found, words, width)
    for section in SECTIONS:
        if found[section]:
            yield Text(words(LABELS[section]), style="bold")
            for change in found[section]:
                yield from _change_lines(change, section, width)
    if found["server"]:
        yield from _server_lines(found["server"], words)
    yield from _compose_lines(found, words)


def _image_lines(found: Row, words: Words, width: int | None) -> Iterator[Text]:
    before, after = found["from"], found["to"]
    if found["image"]:
        yield from _pair(words("DIFF_IMAGE") + ": ", before["dockerImage"], after["dockerImage"], width)
    if before["digest"] != after["digest"]:
        yield from _pair(words("DIFF_DIGEST") + ": ", _digest(before, words), _digest(after, words), width)
    sizes = [size(side["size"]) if side["size"] is not None else words("NOT_KNOWN") for side in (before, after)]
    delta, line = found["sizeDelta"], f"{words('DIFF_DOWNLOAD')}: {' -> '.join(dict.fromkeys(sizes))}"
    if delta is None:
        yield Text(f"{line} {words('DIFF_REFRESH', name=plain(found['name']))}")
    elif delta:
        yield Text(f"{line} ({'+' if delta > 0 else '-'}{size(abs(delta))})")


def _digest(side: Row, words: Words) -> str:
    return side["digest"][:19] if side["digest"] else words("NOT_KNOWN")


def _change_lines(change: Row, section: str, width: int | None) -> Iterator[Text]:
    sign = SIGNS[change["kind"]]
    service = f"{change['service']} " if change.get("service") else ""
    head = f"  {sign} {plain(service + change['name'])}"
    if section in {"requires", "permissions"}:
        yield Text(head, style=STYLES[sign])
    elif section == "parameters":
        for line in _parameter_lines(change, head, width):
            yield Text(line, style=STYLES[sign])
    elif change["kind"] == "changed":
        for text in _pair(f"{head}: ", _shown(change["before"]), _shown(change["after"]), width):
            yield Text(text.plain, style=STYLES[sign])
    else:
        yield Text(f"{head}: {_shown(change['after'] if sign == '+' else change['before'])}", style=STYLES[sign])


def _parameter_lines(change: Row, head: str, width: int | None) -> Iterator[str]:
    before, after = change["before"], change["after"]
    if not change["fields"]:
        said = after or before
        rest = (f"{key} {_shown(value)}" for key, value in said.items()
                if key != "type" and (key != "required" or value))
        yield f"{head}: " + ", ".join([plain(said["type"]), *rest])
        return
    for field in change["fields"]:
        old, new = ("-" if side.get(field) is None else _shown(side[field]) for side in (before, after))
        for text in _pair(f"{head}: {plain(field)} ", old, new, width):
            yield text.plain


def _pair(head: str, before: str, after: str, width: int | None) -> Iterator[Text]:
    line = f"{head}{plain(before)} -> {plain(after)}"
    if width is None or cell_len(line) <= width:
        yield Text(line)
    else:
        indent = " " * (len(head) - len(head.lstrip()) + 4)
        yield Text(head.rstrip())
        yield Text(f"{indent}   {plain(before)}")
        yield Text(f"{indent}-> {plain(after)}")


def _shown(value: Any) -> str:
    """A value on one line, no longer than people read."""
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    line = plain(text[:LONGEST])
    return f"{line}…" if len(text) > LONGEST else line


def _server_lines(server: Row, words: Words) -> Iterator[Text]:
    state = words(f"WHERE_{server['state']}")
    yield Text(words("DIFF_ON", server=plain(server["serverName"]), state=state), style="bold")
    yield from _marked("-", (words("DIFF_VANISHING", name=plain(name)) for name in server["vanishing"]))
    yield from _marked("!", (words("DIFF_MISSING", name=plain(name)) for name in server["missing"]))
    yield from _marked("!", (plain(misfit["problem"]) for misfit in server["misfits"]))


def _marked(sign: str, sentences: Iterable[str]) -> Iterator[Text]:
    return (Text(f"  {sign} {sentence}", style=STYLES[sign]) for sentence in sentences)


def _compose_lines(found: Row, words: Words) -> Iterator[Text]:
    if found["composeProblem"]:
        yield Text(words("DIFF_NO_COMPOSE", problem=plain(found["composeProblem"])), style="yellow")
    for line in (found["composeDiff"] or "").splitlines():
        head = re.match(r"[-+ ]? *", line)
        start = head.end() if head else 0
        yield Text(line[:start] + plain(line[start:]), style=STYLES.get(line[:1], ""))
    if found["composeCut"]:
        yield Text(words("DIFF_COMPOSE_CUT"), style="yellow")
