"""The design system on one page: every part that recurs, in the look and the language of whoever looks."""

from fastapi import Response

from api.pages.maps import Mark, Way, live
from api.pages.shell import AnyVisit, page
from api.slices import Slice

router = Slice(include_in_schema=False)


@router.get("/design")
def page_design(found: AnyVisit) -> Response:
    """Colours, letters, buttons, fields, messages, tables and maps."""
    facts = found.engine.facts
    offices = [facts.offices[code] for code in ("1000", "1205", "1216")]
    kinds = ("done", "now", "next")
    marks = [Mark((one.lat_deg, one.lon_deg), found.named(one), kind) for one, kind in zip(offices, kinds, strict=True)]
    places = [mark.at for mark in marks]
    ways = [Way(places[:2]), Way(places[1:], "next")]
    return page(found, "design.html", map=live(found, found.say("Map"), marks, ways))
