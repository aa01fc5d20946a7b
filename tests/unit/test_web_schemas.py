"""web/schemas.py: the contract's own examples fit, and passwords stay inside."""

import pytest
from pydantic import TypeAdapter

from softops.statuses import RepositoryStatus
from softops.web.schemas import RepositoryRow


@pytest.mark.parametrize(("url", "shown"), [
    ("https://git.example.com/a.git", "https://git.example.com/a.git"), ("/srv/catalog", "/srv/catalog"),
    ("https://user:secret@git.example.com/a.git", "https://***@git.example.com/a.git"),
    ("https://token@git.example.com:8443/a", "https://***@git.example.com:8443/a"),
    ("https://a@b:secret@git.example.com/a", "https://***@git.example.com/a"),
    ("ssh://git@git.example.com/a", "ssh://git@git.example.com/a"),
    ("ssh://git:secret@git.example.com/a", "ssh://***@git.example.com/a"),
    ("git@git.example.com:a.git", "git@git.example.com:a.git"), ("https://[:secret@x", "***")])
def test_what_may_be_a_secret_in_an_address_is_hidden(url: str, shown: str) -> None:
    row = TypeAdapter(RepositoryRow).validate_python({
        "id": 1, "name": "catalog", "url": url, "ref": "main", "path": "", "interval": 0, "commit": None,
        "status": RepositoryStatus.NEVER, "syncTime": None, "report": {}, "webhook": False})
    assert row.url == shown
