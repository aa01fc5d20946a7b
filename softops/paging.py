"""One page of what a select finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from softops.entities import Page

R = TypeVar("R")
T = TypeVar("T")


def page_of(session: Session, found: Select[R], convert: Callable[[R], T], *, page: int, size: int,
            order: tuple[Any, ...]) -> Page[T]:
    """Page number `page` (from 1) of `size` rows; past the end it is empty and `total` is still right.
    `order` must be total, or rows would move between pages."""
    total = session.scalar(found.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    rows = session.scalars(found.order_by(*order).limit(size).offset((page - 1) * size))
    return Page(records=tuple(convert(row) for row in rows), total=total, size=size, current=page)
