"""Papers of a municipality placed inside their town: by holding, ward and road, at the office that delivers there."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Unacceptable
from post_logistics.network.geo import great_circle_m
from post_logistics.network.holdings import Door, Written
from post_logistics.network.municipalities import Municipality, Ward
from post_logistics.network.parts import Parts
from post_logistics.network.places import Place
from post_logistics.network.resolve import Resolution
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.booking import Settled
from post_logistics.storage.documents.issuers import Issuer
from post_logistics.units import DHAKA, bangla_digits, latin_digits

_OWN_POINT_M: Final = 30
"""How exact a municipality's own survey of its holdings is taken to be."""
_FARTHEST: Final = 3
"""A holding's point may lie so many times the town's reach from its middle: a town grows."""


Complete = Callable[[Mapping[str, str]], tuple[dict[str, str], Settled | None]]
"""The fields of a row with what was missing, and where the paper goes."""


def completed(facts: Facts, issuer: Issuer, _merchant: Merchant, at: datetime) -> Complete:
    """What completes the rows of a municipality's list: their address is made of holding, ward and road, and placed.

    For a row Unacceptable if it tells no door, a ward that there is not, or a point outside the town, and for every row
    if the town is not served that day.
    """
    town = facts.municipalities[issuer.code]
    is_served = town.is_served(at.astimezone(DHAKA).date())
    division = facts.offices[town.office].division

    @lru_cache(maxsize=128)
    def ward_place(ward: int) -> Place:
        return _place_of(Ward(town, ward))

    def complete(fields: Mapping[str, str]) -> tuple[dict[str, str], Settled | None]:
        if not is_served:
            raise Unacceptable(
                f"papers are not delivered in {town.name_en} on that day",
                field="service_on",
                remedy=f"hand them in from {town.service_from or 'the day that will be told'} on",
            )
        door = _door(town, fields)
        place = ward_place(door.ward) if door.ward is not None else None
        lat_deg, lon_deg, precision_m = _point(town, fields)
        to = Resolution(
            postcode=town.office,
            place=place,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            precision_m=precision_m,
            thana=town.thana,
            district=town.district,
            division=division,
            parts=Parts(house=door.holding, road=door.road, area=place.name_en if place else town.name_en),
            confidence=1.0,
            rule="place",
            evidence=(f"papers of {town.name_en} stay in the town",),
            doubts=(),
            alternatives=(),
            question=None,
        )
        address = {"recipient_address": _address(town, fields, door), "recipient_postcode": town.office}
        ward = {"ward": str(door.ward)} if door.ward is not None else {}
        return {**fields, **address, **ward}, Settled(to, town.office, town.office)

    return complete


def _door(town: Municipality, fields: Mapping[str, str]) -> Door:
    """The door of a row; Unacceptable if nothing tells it, or its ward is none of the town's."""
    written = {name: fields.get(name, "") for name in ("holding_number", "ward", "road")}
    address = fields.get("recipient_address", "")
    door = Written(address, written["holding_number"], written["ward"], written["road"]).door
    if written["ward"].strip() and door.ward is None:
        raise Unacceptable("this names no ward", field="ward", remedy="write its number, such as 4 or ওয়ার্ড ৪")
    if door.ward is not None and not town.has_ward(door.ward):
        last = f"1 to {town.wards}" if town.wards else "above 0"
        raise Unacceptable(
            f"{town.name_en} has no ward {door.ward}", field="ward", remedy=f"write a number of its wards, {last}"
        )
    if not (door.holding or door.road):
        raise Unacceptable(
            "nothing tells the door", field="holding_number", remedy="write the holding number, or the address"
        )
    return door


def _point(town: Municipality, fields: Mapping[str, str]) -> tuple[float, float, int]:
    """The holding's own point and how exact it is, where the municipality tells it; else the town's."""
    texts = [latin_digits(fields.get(name, "")).strip() for name in ("lat_deg", "lon_deg")]
    if not any(texts):
        return town.lat_deg, town.lon_deg, town.precision_m
    try:
        lat_deg, lon_deg = map(float, texts)
        apart_m = great_circle_m(town.lat_deg, town.lon_deg, lat_deg, lon_deg)
    except ValueError:
        apart_m = float("nan")
    if not apart_m <= _FARTHEST * town.precision_m:
        raise Unacceptable(
            f"the point is not in {town.name_en}",
            field="lat_deg",
            remedy="write degrees of latitude and longitude, or leave both empty",
        )
    return lat_deg, lon_deg, _OWN_POINT_M


def _place_of(ward: Ward) -> Place:
    """A ward as a place that doors lie in."""
    town = ward.municipality
    return Place(
        place_id=ward.place_id,
        name_en=ward.name_en,
        name_bn=ward.name_bn,
        spellings=(),
        kind="area",
        within="",
        thana=town.thana,
        district=town.district,
        postcode=town.office,
        other_postcodes=(),
        lat_deg=town.lat_deg,
        lon_deg=town.lon_deg,
        precision_m=town.precision_m,
        source="municipality",
    )


def _address(town: Municipality, fields: Mapping[str, str], door: Door) -> str:
    """The address as written, with what only the other columns tell put before it, in the script of the road."""
    given = " ".join(fields.get("recipient_address", "").split())
    told = Written(given).door
    bangla = any("\u0980" <= letter <= "\u09ff" for letter in given + door.road) or not (given + door.road)
    parts = [
        _labelled(door.holding if told.holding != door.holding else "", "হোল্ডিং", "Holding", bangla=bangla),
        given or door.road,
        _labelled(str(door.ward) if door.ward and told.ward != door.ward else "", "ওয়ার্ড", "Ward", bangla=bangla),
        town.name_bn if bangla else town.name_en,
    ]
    return ", ".join(part for part in parts if part)


def _labelled(value: str, label_bn: str, label_en: str, *, bangla: bool) -> str:
    if not value:
        return ""
    return f"{label_bn} {bangla_digits(value)}" if bangla else f"{label_en} {value}"
