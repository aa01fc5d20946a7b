"""The loader of catalogs takes anything: every file ends as plain data or as problems with a place, soon."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from softops.catalog import Catalog, parse_catalog
from softops.documents import Odd, load_document

ROOT = Path(__file__).resolve().parents[2]
GOOD = [*re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/catalog.md").read_text(encoding="utf-8"), re.DOTALL),
        *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "catalog").glob("*/software.yml")))]
PIECES = ["&a ", "*a", "!!python/object/apply:os.system ", "<<: ", "{{ x }}", "${A}", "\x1b[2J", "\u202e", "\t", "'",
          '"', "- ", "? ", "|\n", ">-\n", "[", "]", "{", "}", ": ", "#", "%YAML 1.2\n", "---\n", "...\n", "\x00",
          "\ud7ff", "\ufeff", "💣", "../", "1e999", "0x10", "2024-01-01", "9" * 400, "a" * 300, "\r\n", "\u2028", "="]
NAMES = ["app/software.yml", "software.yml", "../app/software.yml", "app/c.j2", "app/../b/software.yml",
         "/app/software.yml", "APP/software.yml", "app/software.yaml", "a" * 300 + "/software.yml",
         "app/sub/software.yml", "\x1b/software.yml"]
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028]")
SECONDS = 2.0


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good entry with other pieces in its middle, or with some of it missing or doubled."""
    text = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.sampled_from([0, 0, 1, 5, 40])))
        text = text[:begin] + draw(st.sampled_from([*PIECES, text[begin:end] * 3])) + text[end:]
    return text.encode("utf-8", "surrogatepass")


def plain(value: Any) -> bool:
    """Whether it is data of YAML and nothing else."""
    if isinstance(value, dict):
        return all(type(key) is str and plain(one) for key, one in value.items())
    return all(map(plain, value)) if isinstance(value, list) else (
        value is None or type(value) in (str, int, float, bool, Odd))


def check(catalog: Catalog) -> None:
    """Whatever came out can be stored, shown and told."""
    for entry in catalog.entries:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,62}", entry.name)
        for item in entry.items:
            json.dumps(dict(item.entry), allow_nan=False).encode("utf-8")
    for problem in catalog.problems:
        assert not STEERING.search(problem.text("en") + problem.text("zh"))


@settings(max_examples=150)
@given(content=st.one_of(st.binary(max_size=300), damaged()))
def test_a_document_is_plain_data_or_refused(content: bytes) -> None:
    began = time.monotonic()
    document = load_document("app/software.yml", content)
    assert plain(document.data)
    assert document.data is not None or document.problems
    assert time.monotonic() - began < SECONDS


@settings(max_examples=250)
@given(content=damaged())
def test_a_damaged_entry_never_breaks_the_catalog(content: bytes) -> None:
    began = time.monotonic()
    good = b"apiVersion: softops/v1\nname: other\nversions:\n  '1.0': {image: 'other:1.0'}\n"
    catalog = parse_catalog([("app/software.yml", content), ("other/software.yml", good)])
    check(catalog)
    assert ("other", "1.0") in catalog.items
    assert time.monotonic() - began < SECONDS


@settings(max_examples=60)
@given(files=st.dictionaries(
    st.one_of(st.sampled_from(NAMES), st.text(max_size=20).map(lambda name: f"{name}/software.yml")),
    st.one_of(damaged(), st.binary(max_size=60)), max_size=4))
def test_files_of_any_name_are_taken(files: dict[str, bytes]) -> None:
    check(parse_catalog(sorted(files.items())))
