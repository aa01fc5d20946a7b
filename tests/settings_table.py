"""The table of settings in the documents, made from the settings themselves: `python -m tests.settings_table`."""

from __future__ import annotations

from collections.abc import Iterator

from softops.config import Settings

HEADER = "| Variable | Default | Meaning |\n|---|---|---|\n"


def rows() -> Iterator[tuple[str, str, str]]:
    """Variable, default and meaning of every setting, in the order of the class."""
    for name, field in Settings.model_fields.items():
        yield f"SOFTOPS_{name.upper()}", _default(name, field.default), field.description or ""


def table() -> str:
    """The table as Markdown."""
    return HEADER + "".join(f"| `{name}` | {default} | {meaning} |\n" for name, default, meaning in rows())


def _default(name: str, value: object) -> str:
    if name == "home":
        return "the checkout"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in ("", None) else "empty"


if __name__ == "__main__":
    print(table(), end="")
