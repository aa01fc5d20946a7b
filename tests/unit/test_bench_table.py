"""tests/bench/table.py: figures get into the document and nothing else of it changes."""

from pathlib import Path

from tests.bench.table import BEGIN, END, Row, machine, write

ROW = Row(what="pull", ours="1 s", theirs="docker pull 2 s", result="2 x", target=">= 3 x", met=False)


def test_figures_replace_the_old_ones_between_the_marks(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"# Cost\n\n{BEGIN}\nold\n{END}\n\nHow.\n")
    write(document, [ROW])
    assert document.read_text() == (
        f"# Cost\n\n{BEGIN}\n{machine()}; made by `python -m tests.bench --write`.\n\n"
        "| What | softops | compared to | result | target | met |\n|---|---|---|---|---|---|\n"
        f"| pull | 1 s | docker pull 2 s | 2 x | >= 3 x | NO |\n{END}\n\nHow.\n")
