"""What a registry has of an image, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteLayer:
    """A layer as the registry stores it."""

    digest: str
    size: int
    """Bytes to download."""
    diff_id: str | None
    """Digest of the unpacked layer, by which engines know it; None: the image does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteImage:
    """An image of one platform in a registry."""

    digest: str
    """Of what the name points to, index or manifest, as `docker pull` reports it."""
    config_digest: str
    layers: tuple[RemoteLayer, ...]
    size: int
    """Bytes to download, all layers together."""
