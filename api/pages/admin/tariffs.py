"""The versions of the tariff, what a parcel costs on a day, and two versions compared on last week's parcels."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.forms import NOTHING, Typed, day_of, refused
from api.pages.shell import OurVisit, Visit
from api.slices import Slice
from post_logistics.consignments.tariffs import Quote, Service, TariffVersion
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.keeping.effects import price_effect
from post_logistics.units import DHAKA, grams_from_kg, poisha_from_taka

router = Slice(include_in_schema=False)

_Text = Annotated[str, Query(max_length=40)]
_FIELDS = ("service", "weight_kg", "cod_taka", "declared_taka", "on")


@router.get("/admin/tariffs")
def page_admin_tariffs(
    found: OurVisit,
    version: _Text = "",
    service: _Text = "",
    weight_kg: _Text = "",
    cod_taka: _Text = "",
    declared_taka: _Text = "",
    on: _Text = "",
) -> Response:
    """One version with all its prices, and the price of one parcel on a day."""
    tariffs, today = found.engine.facts.tariffs, found.at.astimezone(DHAKA).date()
    asked = dict(zip(_FIELDS, (service, weight_kg, cod_taka, declared_taka, on), strict=True))
    quote, typed = _quoted(found, asked) if weight_kg else (None, Typed(asked) if service else NOTHING)
    return shown(
        found,
        "tariffs.html",
        typed,
        versions=tariffs.versions[::-1],
        in_force=tariffs.on(today).version,
        seen=_version(found, version or tariffs.on(today).version),
        services=[(code, found.named(one)) for code, one in _offered(found)],
        default_service=tariffs.default_service,
        quote=quote,
        today=today,
    )


def _offered(found: Visit) -> Iterable[tuple[str, Service]]:
    """Every service that any version has, as the newest has it."""
    versions = found.engine.facts.tariffs.versions
    return {code: one for version in versions for code, one in version.services.items()}.items()


def _version(found: Visit, name: str) -> TariffVersion:
    for one in found.engine.facts.tariffs.versions:
        if one.version == name:
            return one
    raise NotFound(f"no version {name}", field="version", remedy="choose one of the list")


def _quoted(found: Visit, asked: Mapping[str, str]) -> tuple[Quote | None, Typed]:
    try:
        return _quote(found, asked), Typed(asked)
    except PostError as error:
        beside = {"weight_g": "weight_kg", "cod_poisha": "cod_taka", "declared_value_poisha": "declared_taka"}
        error.field = beside.get(error.field or "", error.field)
        return None, refused(found, asked, error, _FIELDS)


def _quote(found: Visit, asked: Mapping[str, str]) -> Quote:
    tariffs = found.engine.facts.tariffs
    on = day_of(asked["on"], "on") or found.at.astimezone(DHAKA).date()
    weight_g = _number(asked, "weight_kg", grams_from_kg)
    cod_poisha = _number(asked, "cod_taka", poisha_from_taka)
    declared_poisha = _number(asked, "declared_taka", poisha_from_taka)
    service = asked["service"] or tariffs.default_service
    return tariffs.quote(service, weight_g, cod_poisha, declared_poisha, on, same_city=True)


def _number(asked: Mapping[str, str], field: str, read: Callable[[str], int]) -> int:
    """What was typed there; 0 if nothing was."""
    try:
        return read(asked[field]) if asked[field].strip() else 0
    except ValueError:
        raise Unacceptable("that is no number", field=field, remedy="write figures, for example 1.5") from None


@router.get("/admin/tariffs/effect")
def page_admin_tariff_effect(
    found: OurVisit, connection: InTransaction, before: _Text = "", after: _Text = ""
) -> Response:
    """What the parcels of the last seven days cost by one version and by another."""
    tariffs, today = found.engine.facts.tariffs, found.at.astimezone(DHAKA).date()
    was = _version(found, before or tariffs.on(today).version)
    will = _version(found, after or tariffs.versions[-1].version)
    return shown(
        found,
        "tariff_effect.html",
        versions=[(one.version, one.version) for one in tariffs.versions],
        before=was.version,
        after=will.version,
        effect=price_effect(connection, was, will, found.at),
    )
