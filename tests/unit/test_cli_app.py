"""cli/app.py: what is wrong with the arguments is told to people and to programs."""

import json
from collections.abc import Sequence

import pytest
from typer.testing import CliRunner

from softops.cli.app import app


@pytest.mark.parametrize("words", [["install"], ["cancel"], ["nope"], ["records", "--limit", "0"], ["retry", "x"]])
def test_wrong_usage_is_a_document_for_a_program_and_a_sentence_for_a_person(words: Sequence[str]) -> None:
    person, program = (CliRunner().invoke(app, [*words, *more]) for more in ((), ("--json",)))
    assert (person.exit_code, person.stdout, bool(person.stderr)) == (2, "", True)
    document = json.loads(program.stdout)
    assert (program.exit_code, document["code"], bool(document["message"])) == (2, 400, True)
