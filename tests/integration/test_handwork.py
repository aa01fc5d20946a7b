"""handwork.py: each job carries the command that does the same by hand."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softops.db import Database
from softops.handwork import Handwork
from softops.records import Records
from softops.repositories import Repositories
from tests.factories import COMMIT, NOW, a_draft, a_repository, create_job, some_images, some_servers

HOME = Path("/opt/softops")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    some_images(opened)
    some_servers(opened, "web1", "web2")
    yield opened
    opened.close()


def words(database: Database, *, repository: int | None = 1, inventory: Path = HOME / "inventory",
          plain_http: tuple[str, ...] = (), **draft: Any) -> list[str]:
    """The command of a job, as a shell reads it."""
    records = Records(database)
    job, _ = create_job(records, a_draft(None, **draft), some_servers(database, "web1", "web2"), NOW)
    hand = Handwork(records=records, repositories=Repositories(database), inventory=inventory, home=HOME,
                    plain_http=plain_http)
    noted = hand.note(job, ("web1", "web2"), repository)
    assert noted == records.job(job.id)
    return shlex.split(noted.command)


def test_a_start_clones_a_catalog_that_is_elsewhere_and_names_its_commit(database: Database) -> None:
    assert words(database, operation="start") == [
        "git", "clone", "--quiet", "https://git.example.com/catalog.git", "softops-catalog", "&&",
        "git", "-C", "softops-catalog", "checkout", "--quiet", COMMIT, "&&",
        "ansible-playbook", "playbooks/start.yml", "--limit", "web1,web2", "-e", "softops_name=nginx",
        "-e", "softops_version=1.21.0", "-e", "softops_catalog=softops-catalog/catalog",
        "-e", '{"softops_parameters": {"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"}}']


def test_the_catalog_beside_the_playbooks_and_the_own_inventory_need_no_word(database: Database) -> None:
    a_repository(database, url=str(HOME), path="catalog")
    assert words(database, operation="upgrade", parameters={}) == [
        "ansible-playbook", "playbooks/start.yml", "--limit", "web1,web2", "-e", "softops_name=nginx",
        "-e", "softops_version=1.21.0"]


def test_another_inventory_and_registries_over_plain_http_are_said(database: Database) -> None:
    found = words(database, repository=None, inventory=Path("/srv/hosts.yml"), plain_http=("10.0.0.1:5000",),
                  operation="stop", parameters={})
    assert found == ["ansible-playbook", "playbooks/stop.yml", "-i", "/srv/hosts.yml", "--limit", "web1,web2",
                     "-e", "softops_name=nginx", "-e", "softops_version=1.21.0",
                     "-e", '{"softops_insecure_registries": ["10.0.0.1:5000"]}']


def test_what_an_apply_does_is_said_by_the_inventory_alone(database: Database) -> None:
    assert words(database, repository=None, operation="apply", soft_name="softops_apps", parameters={}) == [
        "ansible-playbook", "playbooks/site.yml", "--limit", "web1,web2"]
