"""A catalog file as pydantic models: every key it may have and what the values look like."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag

from softops.locations import host_of
from softops.networks import is_never_reached
from softops.params import Param
from softops.permissions import PERMISSION
from softops.problems import shortened
from softops.references import DIGEST, parse_reference
from softops.schema import Maybe, Part, Text, complain, fits

VARIABLE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"
"""`${NAME}`: the value of a parameter."""

_PORT = rf"(?:{VARIABLE}|[0-9]{{1,5}}(?:-[0-9]{{1,5}})?)"
_ADDRESS = rf"(?:{VARIABLE}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}|\[[0-9A-Fa-f:]+\])"
_PUBLISH = re.compile(rf"(?:(?:{_ADDRESS}:)?{_PORT}?:)?{_PORT}(?:/(?:tcp|udp|sctp))?")
_VOLUME = re.compile(rf"(?P<source>[A-Za-z0-9][A-Za-z0-9_.-]*|(?:\.?/|{VARIABLE})[^:]*):"
                     rf"(?P<target>(?:/|{VARIABLE})[^:]*)(?::(?:ro|rw|z|Z)(?:,(?:ro|rw|z|Z))*)?")
_CPUS = re.compile(rf"{VARIABLE}|[0-9]{{1,4}}(?:\.[0-9]{{1,3}})?")
MAX_CPUS = 1024
COMPOSE_PATH = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.j2"
"""A template inside the folder of its software."""


def _image(text: str) -> str:
    found = parse_reference(text)
    if found is None:
        complain("ENTRY_IMAGE", value=shortened(text))
    elif is_never_reached(host_of(found.registry)):
        complain("ADDRESS_FORBIDDEN", host=found.registry, address=host_of(found.registry))
    return text


def _publish(text: str) -> str:
    numbers = [int(number) for number in re.findall(r"(?<![\d.])\d+(?![\d.])", re.sub(VARIABLE, "", text))]
    if not _PUBLISH.fullmatch(text) or not all(1 <= number <= 65535 for number in numbers):
        complain("ENTRY_PORT", value=shortened(text))
    return text


def _volume(text: str) -> str:
    match = _VOLUME.fullmatch(text)
    if match is None or ".." in match["source"].split("/") or ".." in match["target"].split("/"):
        complain("ENTRY_VOLUME", value=shortened(text))
    return text


def _cpus(value: object) -> object:
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_CPUS
    if not number and not (isinstance(value, str) and _CPUS.fullmatch(value)):
        complain("ENTRY_CPUS", value=shortened(str(getattr(value, "text", value))))
    return value


def _probe(value: list[str] | str) -> list[str] | str:
    if isinstance(value, list) and (not value or value[0] not in {"CMD", "CMD-SHELL", "NONE"}):
        complain("ENTRY_HEALTHCHECK")
    return value


def _unique(values: list[str]) -> list[str]:
    twice = next((value for index, value in enumerate(values) if value in values[:index]), None)
    if twice is not None:
        complain("ENTRY_TWICE", value=shortened(twice))
    return values


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "text"


Name = Annotated[str, fits(r"[a-z0-9][a-z0-9_.-]{0,62}", "ENTRY_NAME")]
VersionName = Annotated[str, fits(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}", "ENTRY_VERSION")]
Image = Annotated[str, AfterValidator(_image)]
Digest = Annotated[str, fits(DIGEST.pattern, "ENTRY_DIGEST")]
ComposeFile = Annotated[str, fits(COMPOSE_PATH, "ENTRY_COMPOSE_PATH")]
Duration = Annotated[str, fits(rf"{VARIABLE}|(?:[0-9]{{1,6}}(?:us|ms|s|m|h))+", "ENTRY_DURATION")]
Size = Annotated[str, fits(rf"(?i:{VARIABLE}|[0-9]{{1,12}}(?:\.[0-9]{{1,3}})?(?:b|kb?|mb?|gb?))", "ENTRY_SIZE")]
Capability = Annotated[str, fits(r"[A-Z][A-Z_]{1,40}", "ENTRY_CAPABILITY")]
Absolute = Annotated[str, fits(rf"(?:/|{VARIABLE})[^\n]{{0,1000}}", "ENTRY_ABSOLUTE")]
EnvName = Annotated[str, fits(r"[A-Za-z_][A-Za-z0-9_.-]{0,255}", "ENTRY_ENV_NAME")]
LabelName = Annotated[str, fits(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,255}", "ENTRY_LABEL_NAME")]
Value = Annotated[str, Field(max_length=32_768)]
Command = Annotated[
    Annotated[Annotated[list[Value], Field(max_length=200)], Tag("list")] | Annotated[Value, Tag("text")],
    Discriminator(_kind)]
Requires = Annotated[list[Name], Field(max_length=50), AfterValidator(_unique)]
Permissions = Annotated[list[Annotated[str, fits(PERMISSION, "ENTRY_PERMISSION")]], Field(max_length=50),
                        AfterValidator(_unique)]
Params = Annotated[list[Param], Field(max_length=100)]


class Healthcheck(Part):
    """How the engine finds out whether the container works; as in Docker Compose."""

    test: Annotated[Command, AfterValidator(_probe)]
    interval: Maybe[Duration] = None
    timeout: Maybe[Duration] = None
    start_period: Maybe[Duration] = None
    retries: Maybe[Annotated[int, Field(ge=1, le=1000)]] = None


class Resources(Part):
    """The most a container may use."""

    memory: Maybe[Size] = None
    cpus: Annotated[Any, PlainValidator(_cpus)] = None


class Service(Part):
    """A software of one container, in the words of Docker Compose."""

    command: Maybe[Command] = None
    entrypoint: Maybe[Command] = None
    user: Maybe[Annotated[str, fits(rf"(?:{VARIABLE}|[A-Za-z0-9_.:-])+", "ENTRY_USER")]] = None
    workdir: Maybe[Absolute] = None
    hostname: Maybe[Annotated[str, fits(rf"{VARIABLE}|[A-Za-z0-9][A-Za-z0-9.-]{{0,62}}", "ENTRY_HOSTNAME")]] = None
    ports: Maybe[Annotated[list[Annotated[str, AfterValidator(_publish)]], Field(max_length=200)]] = None
    env: Maybe[Annotated[dict[EnvName, Value], Field(max_length=500)]] = None
    volumes: Maybe[Annotated[list[Annotated[str, AfterValidator(_volume)]], Field(max_length=100)]] = None
    tmpfs: Maybe[Annotated[list[Absolute], Field(max_length=50)]] = None
    labels: Maybe[Annotated[dict[LabelName, Value], Field(max_length=200)]] = None
    healthcheck: Maybe[Healthcheck] = None
    resources: Maybe[Resources] = None
    restart: Maybe[Annotated[str, fits(r"no|always|unless-stopped|on-failure(?::[0-9]{1,3})?", "ENTRY_RESTART")]] = None
    init: Maybe[bool] = None
    read_only: Maybe[bool] = None
    cap_add: Maybe[Annotated[list[Capability], Field(max_length=50)]] = None
    cap_drop: Maybe[Annotated[list[Capability], Field(max_length=50)]] = None
    shm_size: Maybe[Size] = None
    stop_grace_period: Maybe[Duration] = None


class Manner(Part):
    """How a software runs; a version may replace any of it."""

    service: Maybe[Service] = None
    compose: Maybe[ComposeFile] = None
    params: Maybe[Params] = None
    requires: Maybe[Requires] = None
    permissions: Maybe[Permissions] = None
    """What it may do beyond its container, once the operator has accepted it."""

    def model_post_init(self, _context: Any, /) -> None:
        """One container or several, not both."""
        if self.service is not None and self.compose is not None:
            complain("ENTRY_SERVICE_AND_COMPOSE", at="compose")


class Version(Manner):
    """One version: its image, and what differs from the other versions."""

    image: Image
    digest: Maybe[Digest] = None

    def model_post_init(self, context: Any, /) -> None:
        """The image is named exactly and once."""
        super().model_post_init(context)
        found = parse_reference(self.image)
        if found is None or not (found.tag or found.digest or self.digest):
            complain("ENTRY_IMAGE_TAG", at="image", value=shortened(self.image))
        if found.digest and self.digest not in {None, found.digest}:
            complain("ENTRY_TWO_DIGESTS", at="digest")


class Software(Manner):
    """A whole file."""

    apiVersion: Literal["softops/v1"]  # noqa: N815  the key in the file
    name: Name
    title: Maybe[Text] = None
    description: Maybe[Text] = None
    versions: Annotated[dict[VersionName, Version], Field(min_length=1, max_length=1000)]


WORDS_OF_COMPOSE = {
    "environment": "env", "working_dir": "workdir", "mem_limit": "resources", "memory": "resources",
    "cpus": "resources", "deploy": "resources", "image": "versions", "parameters": "params",
    "depends_on": "requires", "health_check": "healthcheck", "services": "compose",
    "accept": "permissions", "privileged": "permissions"}
"""What people used to Compose write, and the key that they look for here."""

