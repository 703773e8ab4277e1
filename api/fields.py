"""The shapes that requests and answers share: strict, bounded, and said once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Self, TypeVar

from fastapi import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from post_logistics.errors import Unacceptable

MERCHANT_ID = r"^[a-z0-9][a-z0-9-]{0,39}$"

OfficeCode = Annotated[str, Field(pattern=r"^[0-9]{4}$", description="The office's postcode.", examples=["1216"])]
DeviceId = Annotated[
    str,
    Field(pattern=r"^[^\x00-\x1f\x7f:]{1,80}$", description="The device's own name.", examples=["counter-1216"]),
]
Grams = Annotated[int, Field(gt=0, le=10**6, examples=[1200])]
Poisha = Annotated[int, Field(ge=0, le=10**13, description="100 poisha are one taka.", examples=[150_000])]
Line = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Note = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Day = Annotated[date, Field(strict=False, ge=date(2000, 1, 1), lt=date(2200, 1, 1), examples=["2026-11-22"])]
Instant = Annotated[
    AwareDatetime,
    Field(
        strict=False,
        ge=datetime(1900, 1, 1, tzinfo=UTC),
        lt=datetime(2200, 1, 1, tzinfo=UTC),
        examples=["2026-11-22T09:15:00+06:00"],
    ),
]
Limit = Annotated[int, Field(ge=1, le=500, description="How many at most.")]
Sparse = Annotated[
    str,
    Field(
        max_length=500,
        description="Only these members of each, separated by commas; empty: all.",
        examples=["item_number,state"],
    ),
]


class In(BaseModel):
    """What a client sends: no unknown field, and no ``"12"`` where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Out(BaseModel):
    """What a client gets: only what is declared, whatever else the value knows."""

    @classmethod
    def of(cls, value: object) -> Self:
        """The answer made of a value with the same field names."""
        return cls.model_validate(value, from_attributes=True)


class QuestionOut(Out):
    """The one question whose answer would settle an address."""

    en: str
    bn: str


class Csv(Response):
    """Rows with a header."""

    media_type = "text/csv"


class Pdf(Response):
    """Pages to print."""

    media_type = "application/pdf"


def following(keys: Sequence[str], limit: int) -> str | None:
    """Where the page after this one starts; None if this one was not full and so is the last."""
    return keys[-1] if len(keys) == limit else None


Listed = TypeVar("Listed", bound=Out)


def sparse(shape: type[Listed], values: Sequence[object], fields: str) -> list[Listed]:
    """Each value in that shape, with the named members alone; Unacceptable for a name that is none of them."""
    named = [name.strip() for name in fields.split(",") if name.strip()]
    unknown = [name for name in named if name not in shape.model_fields]
    if unknown:
        raise Unacceptable(
            f"no member {unknown[0]}", field="fields", remedy=f"choose among {', '.join(shape.model_fields)}"
        )
    chosen = named or list(shape.model_fields)
    return [shape.model_construct(**{name: getattr(value, name) for name in chosen}) for value in values]
