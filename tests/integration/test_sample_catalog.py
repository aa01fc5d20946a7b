"""The sample catalog: every version becomes files that the real Docker Compose understands, with nothing to allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from softops.appfiles import AppFiles, app_files
from softops.catalog import CatalogItem, parse_catalog
from softops.composing import AppVersion
from softops.params import check_parameters, declared
from softops.references import parse_reference
from softops.secretparams import secret_names

FOLDER = Path(__file__).resolve().parents[2] / "catalog"
CATALOG = parse_catalog((path.relative_to(FOLDER).as_posix(), path.read_bytes())
                        for path in FOLDER.rglob("*") if path.is_file())
NAMES = sorted({name for name, _ in CATALOG.items})

every_software = pytest.mark.parametrize("name", NAMES)
every_version = pytest.mark.parametrize("item", [pytest.param(item, id=f"{item.name}-{item.version}")
                                                 for _, item in sorted(CATALOG.items.items())])


def secrets_of(item: CatalogItem) -> dict[str, str]:
    return {name: f"hidden-{number}-{name.lower()}" for number, name in enumerate(sorted(secret_names(item.entry)))}


def files_of(item: CatalogItem, **values: bool) -> AppFiles:
    return _files(item.name, item.version, **values)


@cache
def _files(name: str, version: str, **values: bool) -> AppFiles:
    item = CATALOG.items[name, version]
    app = AppVersion(name=item.name, version=item.version, image=item.docker_image, digest=item.digest, commit="4f2c",
                     entry=item.entry)
    return app_files(app, check_parameters(item.entry, secrets_of(item) | values))


def services_of(files: AppFiles) -> Mapping[str, Mapping[str, Any]]:
    services: Mapping[str, Mapping[str, Any]] = yaml.safe_load(files.compose)["services"]
    return services


def raw(name: str) -> Mapping[str, Any]:
    entry: Mapping[str, Any] = yaml.safe_load((FOLDER / name / "software.yml").read_text(encoding="utf-8"))
    return entry


def texts_of(entry: Mapping[str, Any]) -> Iterator[object]:
    yield entry["description"]
    params = [*entry.get("params", ()), *(param for version in entry["versions"].values()
                                          for param in version.get("params", ()))]
    for param in params:
        yield param["label"]
        if "description" in param:
            yield param["description"]


def test_it_is_valid_and_there_is_something_to_choose() -> None:
    assert (CATALOG.problems, CATALOG.broken) == ((), frozenset())
    assert len(NAMES) >= 8
    assert [name for name in NAMES if len(raw(name)["versions"]) < 2] == []
    assert len([name for name in NAMES if (FOLDER / name / "compose.yml.j2").is_file()]) >= 2


@every_software
def test_every_text_is_there_in_both_languages(name: str) -> None:
    entry = raw(name)
    wrong = [text for text in texts_of(entry) if not isinstance(text, dict) or sorted(text) != ["en", "zh"]]
    assert (wrong, isinstance(entry["title"], str)) == ([], True)  # the names are the same in both


@every_software
def test_what_it_requires_is_in_the_catalog(name: str) -> None:
    needed = {other for item in CATALOG.items.values() if item.name == name for other in item.entry["requires"]}
    assert needed <= set(NAMES) - {name}


@every_version
def test_docker_compose_takes_it_with_the_defaults_and_it_needs_no_permission(item: CatalogItem) -> None:
    files = files_of(item)
    assert files.permissions == ()
    assert files.images[0] == item.docker_image


@every_version
def test_every_image_has_an_exact_tag_and_its_own_is_used_once(item: CatalogItem) -> None:
    images = [service["image"] for service in services_of(files_of(item)).values()]
    tags = [found.tag for found in map(parse_reference, images) if found is not None]
    assert len(tags) == len(images)
    assert [tag for tag in tags if tag is None or not re.match(r"v?\d+\.\d+", tag)] == []
    assert images.count(item.docker_image) == 1
    assert item.version in item.docker_image


@every_version
def test_every_container_says_whether_it_works_and_comes_back_after_a_restart(item: CatalogItem) -> None:
    services = services_of(files_of(item))
    told = {name: (service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, service["restart"])
            for name, service in services.items()}
    assert told == dict.fromkeys(services, (True, "unless-stopped"))


@every_version
def test_a_container_waits_until_what_it_needs_is_healthy(item: CatalogItem) -> None:
    services = services_of(files_of(item))
    waits = {name: service["depends_on"] for name, service in services.items() if "depends_on" in service}
    others = {name: {"condition": "service_healthy"} for name, service in services.items()
              if service["image"] != item.docker_image}
    assert waits == (dict.fromkeys(services.keys() - others.keys(), others) if others else {})


@every_version
def test_only_the_software_itself_is_reachable_from_outside(item: CatalogItem) -> None:
    published = {service["image"] for service in services_of(files_of(item)).values() if service.get("ports")}
    assert published == {item.docker_image}


@every_version
def test_secrets_stand_in_the_env_file_only(item: CatalogItem) -> None:
    files, secrets = files_of(item), secrets_of(item)
    assert [name for name, value in secrets.items() if value in files.compose or value not in files.env] == []
    assert [param.name for param in declared(item.entry) if param.name in secrets and not param.generated()] == []


@every_version
def test_every_parameter_does_something(item: CatalogItem) -> None:
    told = files_of(item).compose + item.entry.get("composeTemplate", "")
    assert [param.name for param in declared(item.entry)
            if f"${{{param.name}}}" not in told and f"params.{param.name}" not in told] == []


def test_all_of_it_can_run_on_one_server_with_the_defaults() -> None:
    newest = {item.name: item for _, item in sorted(CATALOG.items.items())}
    ports = [param.preset() for item in newest.values() for param in declared(item.entry)
             if any(f"${{{param.name}}}:" in port for service in services_of(files_of(item)).values()
                    for port in service.get("ports", ()))]
    assert len(ports) >= len(newest)
    assert sorted(set(ports), key=str) == sorted(ports, key=str)


def test_a_condition_in_a_template_sees_the_value() -> None:
    item = CATALOG.items["wordpress", "7.1.2"]
    plain, debugged = (services_of(files_of(item, DEBUG=debug))["web"]["environment"] for debug in (False, True))
    assert (plain["WORDPRESS_DEBUG"], debugged["WORDPRESS_DEBUG"]) == ("", "1")
