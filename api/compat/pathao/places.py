"""Cities, zones and areas: our districts, thanas and areas under their lasting numbers."""

from functools import lru_cache

from fastapi import APIRouter, Response

from api.compat.access import PathaoMerchant
from api.compat.pathao.answers import Listed, Ok
from api.context import Now, TheEngine
from api.fields import Out
from post_logistics.errors import NotFound
from post_logistics.network.coverage import Coverage, OutsideCoverage
from post_logistics.network.hierarchy import Area, Hierarchy
from post_logistics.units import DHAKA, Postcode

router = APIRouter()


class CityOut(Out):
    """A district."""

    city_id: int
    city_name: str
    city_name_bn: str


class ZoneOut(Out):
    """A thana."""

    zone_id: int
    zone_name: str
    zone_name_bn: str


class AreaOut(Out):
    """An area, and whether the service reaches it today."""

    area_id: int
    area_name: str
    area_name_bn: str
    home_delivery_available: bool
    pickup_available: bool


class PlaceOut(Out):
    """A zone or an area in a list of all of them."""

    id: int
    name: str


class ZoneOfCityOut(PlaceOut):
    """A zone, and its city."""

    city_id: int


class AreaOfZoneOut(PlaceOut):
    """An area, and its zone."""

    zone_id: int


@router.get("/city-list", name="pathao_cities")
@router.get("/countries/{country_id}/city-list", name="pathao_cities")
def cities(merchant_id: PathaoMerchant, engine: TheEngine) -> Ok[Listed[CityOut]]:
    """Every district, the capital first."""
    found = sorted(engine.facts.hierarchy().districts.values(), key=lambda one: one.number)
    rows = [CityOut(city_id=one.number, city_name=one.name_en, city_name_bn=one.name_bn) for one in found]
    return Ok(message="City successfully fetched.", data=Listed(data=rows))


@router.get("/cities/{city_id}/zone-list", name="pathao_zones")
def zones(city_id: int, merchant_id: PathaoMerchant, engine: TheEngine) -> Ok[Listed[ZoneOut]]:
    """The thanas of a district."""
    found = engine.facts.hierarchy().thanas_of(city_id)
    if not found:
        raise NotFound(f"no city {city_id}", field="city_id", remedy="look at city-list")
    rows = [ZoneOut(zone_id=one.number, zone_name=one.name_en, zone_name_bn=one.name_bn) for one in found]
    return Ok(message="Zone list fetched.", data=Listed(data=rows))


@router.get("/zones/{zone_id}/area-list", name="pathao_areas")
def areas(zone_id: int, merchant_id: PathaoMerchant, engine: TheEngine, at: Now) -> Ok[Listed[AreaOut]]:
    """The areas of a thana."""
    found = engine.facts.hierarchy().areas_of(zone_id)
    if not found:
        raise NotFound(f"no zone {zone_id}", field="zone_id", remedy="look at zone-list of its city")
    coverage = engine.facts.coverage(at.astimezone(DHAKA).date())
    return Ok(message="Area list fetched.", data=Listed(data=[_area(one, coverage) for one in found]))


def _area(area: Area, coverage: Coverage) -> AreaOut:
    served = _is_served(coverage, area.postcode)
    return AreaOut(
        area_id=area.number,
        area_name=area.name_en,
        area_name_bn=area.name_bn,
        home_delivery_available=served,
        pickup_available=served,
    )


def _is_served(coverage: Coverage, postcode: Postcode) -> bool:
    try:
        coverage.responsible(postcode)
    except OutsideCoverage:
        return False
    return True


@router.get("/zones/list", name="pathao_all_zones")
def all_zones(merchant_id: PathaoMerchant, engine: TheEngine) -> Ok[list[ZoneOfCityOut]]:
    """Every thana."""
    found = engine.facts.hierarchy().thanas.values()
    rows = [ZoneOfCityOut(id=one.number, name=one.name_en, city_id=one.district.number) for one in found]
    return Ok(message="Zone list fetched.", data=rows)


@router.get("/areas/list", name="pathao_all_areas")
def all_areas(merchant_id: PathaoMerchant, engine: TheEngine) -> Response:
    """Every area: a long list, worded once."""
    return Response(_all_areas(engine.facts.hierarchy()), media_type="application/json")


@lru_cache(maxsize=2)
def _all_areas(hierarchy: Hierarchy) -> bytes:
    found = hierarchy.areas.values()
    rows = [AreaOfZoneOut(id=one.number, name=one.name_en, zone_id=one.thana.number) for one in found]
    return Ok[list[AreaOfZoneOut]](message="Area list fetched.", data=rows).model_dump_json().encode()
