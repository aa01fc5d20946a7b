"""The settings, read once from the environment (prefix SOFTOPS_) into a frozen object."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from softops.errors import ConfigError
from softops.networks import PRIVATE, Networks, parse_networks

PROJECT = Path(__file__).resolve().parent.parent
"""Where playbooks/, inventory/ and catalog/ lie in a checkout."""


PREFIX = "SOFTOPS_"
CONFIDENTIAL = ("SOFTOPS_CATALOG", "SOFTOPS_DATABASE", "SOFTOPS_OIDC_CLIENT_SECRET", "SOFTOPS_SECRET_KEY",
                "SOFTOPS_TOKEN")
"""Settings that may hold something secret: no program that softops starts gets them."""
OWN = ("SOFTOPS_RUN", "SOFTOPS_FLEET")
"""How the variables begin that softops and its tests pass to their own processes."""
_REASONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "int_parsing": ("CONFIG_NUMBER", {}), "int_from_float": ("CONFIG_NUMBER", {}),
    "greater_than_equal": ("CONFIG_LEAST", {"least": "ge"}), "less_than_equal": ("CONFIG_MOST", {"most": "le"}),
    "networks": ("CONFIG_NETWORKS", {}),
    "literal_error": ("CONFIG_CHOICE", {"choices": "expected"})}


class Settings(BaseSettings):
    """All settings; each field is the environment variable SOFTOPS_<NAME>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Field(default=PROJECT, description="Directory with playbooks/ and ansible.cfg")
    var: Path = Field(default=Path("var"), description="Directory for the database, git mirrors and runs, "
                                                       "relative to SOFTOPS_HOME")
    database: str = Field(default="", repr=False, description="SQLAlchemy URL (sqlite:///..., mysql+pymysql://...); "
                                                  "empty: SQLite in SOFTOPS_VAR")
    inventory: Path = Field(default=Path("inventory"), description="Ansible inventory, relative to SOFTOPS_HOME")
    catalog: str = Field(default="", repr=False, description="URL or path of the first catalog repository; "
                                                 "empty: the repository that holds SOFTOPS_HOME")
    catalog_ref: str = Field(default="HEAD", description="Branch, tag or commit of the first catalog repository")
    catalog_path: str = Field(default="catalog", description="Subfolder of the first catalog repository")
    sync_interval: int = Field(default=60, ge=0, description="Seconds between two looks at a catalog; 0: never")
    auth: Literal["local", "none"] = Field(default="local", description="Who is let in: users of softops (local), or "
                                           "everybody who reaches it, on loopback only (none)")
    public_url: str = Field(default="", description="The URL under which browsers reach softops, where that is "
                                                    "another one than it listens on, as behind a proxy")
    tls_cert: Path | None = Field(default=None, description="File with the certificate chain (PEM), relative to "
                                                            "SOFTOPS_HOME; with it softops speaks TLS")
    tls_key: Path | None = Field(default=None, description="File with the key of the certificate (PEM), relative to "
                                                           "SOFTOPS_HOME")
    trusted_proxies: str = Field(default="", description="Addresses of proxies whose X-Forwarded-For and "
                                                         "X-Forwarded-Proto are believed, separated by commas")
    session_hours: int = Field(default=12, ge=1, le=8760, description="Hours a login lasts")
    oidc_issuer: str = Field(default="", description="Issuer (https URL) of the OpenID Connect provider with which "
                                                     "people may log in too; empty: none")
    oidc_client_id: str = Field(default="", description="What the provider calls softops")
    oidc_client_secret: str = Field(default="", repr=False, description="Secret of that client; empty: a public "
                                                                          "client")
    oidc_scopes: str = Field(default="openid profile", description="Scopes that the provider is asked for, "
                                                                   "separated by blanks")
    oidc_claim: str = Field(default="groups", description="Claim of the ID token that decides about roles")
    oidc_roles: str = Field(default="", description="Who may do what by that claim: value=role or "
                                                    "value=role:group+group, separated by commas; *: everybody. Who "
                                                    "has none of the values is refused")
    url: str = Field(default="http://127.0.0.1:8080", description="Where the softops command finds the server")
    token: str = Field(default="", repr=False, description="Token with which the softops command comes in "
                                                             "at SOFTOPS_URL")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on")
    workers: int = Field(default=4, ge=1, le=64, description="Jobs that run at the same time")
    forks: int = Field(default=25, ge=1, le=500, description="Servers one playbook run works on at the same time")
    idle_timeout: int = Field(default=600, ge=5, description="Seconds without any event before a run is ended")
    job_timeout: int = Field(default=7200, ge=10, description="Seconds a run may take in all")
    pull_idle_timeout: int = Field(default=60, ge=1, description="Seconds a pull may stay silent")
    pull_timeout: int = Field(default=3600, ge=1, description="Seconds a pull may take on one server")
    connect_timeout: int = Field(default=10, ge=1, description="Seconds to reach a server, engine or registry")
    insecure_registries: str = Field(default="", description="Registries spoken to over plain HTTP, host:port, "
                                                             "separated by commas; loopback ones always are")
    private_networks: str = Field(default=PRIVATE, description="Networks beside the public internet in which catalogs, "
                                                               "registries and the provider of logins may be, "
                                                               "separated by commas")
    secret_key: str = Field(default="", repr=False, description="Key that seals secret parameters in the database "
                                                                "(Fernet); empty: the file secret.key in SOFTOPS_VAR")
    settle_time: int = Field(default=3, ge=0, le=600, description="Seconds a started container without a health check "
                                                                  "must stay up")
    health_timeout: int = Field(default=300, ge=1, le=86400, description="Seconds a started software may take to "
                                                                         "become healthy")
    heal: bool = Field(default=False, description="Whether drift from the inventory's softops_apps is mended by "
                                                  "itself, at most 3 times an hour for each software on a server")
    write_back: bool = Field(default=False, description="Whether what is started, stopped or removed by hand is "
                                                        "committed to the inventory's git repository")
    language: Literal["zh", "en"] = Field(default="zh", description="Language of remarks and live messages")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Log level")
    log_format: Literal["text", "json"] = Field(default="text", description="Form of the log: lines for people, or "
                                                                            "one JSON object per line")

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("private_networks", mode="after")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            parse_networks(value)
        except ValueError as exc:
            raise PydanticCustomError("networks", "{problem}", {"problem": str(exc)}) from exc
        return value

    @cached_property
    def var_dir(self) -> Path:
        """The absolute working directory."""
        return self.home / self.var.expanduser()

    @cached_property
    def inventory_path(self) -> Path:
        """The absolute path of the inventory."""
        return self.home / self.inventory.expanduser()

    @cached_property
    def tls_files(self) -> tuple[Path | None, Path | None]:
        """The absolute paths of certificate and key."""
        cert, key = (None if path is None else self.home / path.expanduser() for path in (self.tls_cert, self.tls_key))
        return cert, key

    @cached_property
    def is_secure(self) -> bool:
        """Whether browsers reach softops over TLS."""
        return self.tls_cert is not None or self.public_url.lower().startswith("https://")

    @cached_property
    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database or f"sqlite:///{self.var_dir / 'softops.db'}"

    @cached_property
    def catalog_url(self) -> str:
        """The first catalog repository in force."""
        return self.catalog or str(self.home)

    @cached_property
    def plain_http_registries(self) -> tuple[str, ...]:
        """`insecure_registries` as a tuple."""
        return tuple(part.strip() for part in self.insecure_registries.split(",") if part.strip())

    @cached_property
    def networks(self) -> Networks:
        """`private_networks` as networks."""
        return parse_networks(self.private_networks)


def load_settings() -> Settings:
    """The settings of this process; a wrong one raises ConfigError naming its variable."""
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        context = first.get("ctx", {})
        reason, params = _REASONS.get(first["type"], ("CONFIG_INVALID", {}))
        raise ConfigError(reason, name=name, value=first.get("input"), problem=first["msg"],
                          **{ours: context[theirs] for ours, theirs in params.items()}) from exc


def setting_names() -> frozenset[str]:
    """The variables that are settings."""
    return frozenset(f"{PREFIX}{field.upper()}" for field in Settings.model_fields)


def unknown_settings(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Variables that begin like a setting and are none, in order: probably misspelt."""
    known = setting_names()
    return tuple(sorted(name for name in environ
                        if name.upper().startswith(PREFIX) and name.upper() not in known
                        and not name.startswith(OWN)))
