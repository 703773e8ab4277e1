"""The orders of a day, asked of a partner page by page; whatever the other side or the network does, nothing raises."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol
from urllib.parse import urlencode

from post_logistics.channels.calling import Line
from post_logistics.channels.destinations import Destination, destination
from post_logistics.channels.partners.book import Encoding, Listing
from post_logistics.channels.partners.reading import Record, read_records
from post_logistics.errors import Unacceptable

MOST_PAGES: Final = 500
_READ_BYTES: Final = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Page:
    """Orders as the partner lists them. ``why``: there is no such page, and the reason; the list ends with it."""

    records: tuple[Record, ...] = ()
    why: str = ""


class Lists(Protocol):
    """Whoever can be asked for the orders of a day."""

    def orders(self, day: date) -> Iterator[Page]:
        """The orders of that day, page by page."""
        ...


def long_line(to: Destination) -> Line:
    """A line to a destination whose answers are lists."""
    return Line(to, read_bytes=_READ_BYTES)


@dataclass(frozen=True, slots=True)
class HttpLists:
    """A partner's own server."""

    listing: Listing
    url: str
    token: str
    development: bool = False
    dial: Callable[[Destination], Line] = long_line

    def orders(self, day: date) -> Iterator[Page]:
        """The orders of that day until a page is not full, brings nothing new, or does not come."""
        before: Page | None = None
        for number in range(1, MOST_PAGES + 1):
            page = self._page(day, number)
            if page == before:  # a server that knows no pages shows the same one for ever
                return
            yield page
            if page.why or len(page.records) < self.listing.page_size:
                return
            before = page
        yield Page(why=f"the list has more than {MOST_PAGES} pages")

    def _page(self, day: date, number: int) -> Page:
        listing = self.listing
        asked = {listing.day: day.strftime(listing.day_format), listing.page: str(number)}
        base = self.url.rstrip("/") + listing.path
        try:
            if listing.method == "GET":
                with self.dial(self._to(f"{base}?{urlencode(asked)}")) as line:
                    answer = line.get(said_to(listing.header, self.token))
            else:
                body, headers = written(Encoding.FORM, asked), said_to(listing.header, self.token, Encoding.FORM)
                with self.dial(self._to(base)) as line:
                    answer = line.post(body, headers)
            if answer.status is None or not 200 <= answer.status < 300:
                return Page(why=answer.why)
            return Page(tuple(read_records(answer.body, "", listing.encoding, listing.records, may_be_none=True)))
        except Unacceptable as error:
            return Page(why=error.message)

    def _to(self, url: str) -> Destination:
        return destination(url, development=self.development)


def written(encoding: Encoding, fields: dict[str, str]) -> bytes:
    """The fields as a form or as JSON."""
    return (urlencode(fields) if encoding is Encoding.FORM else json.dumps(fields, ensure_ascii=False)).encode()


_MEDIA_TYPES: Final = {Encoding.FORM: "application/x-www-form-urlencoded", Encoding.JSON: "application/json"}


def said_to(header: str, token: str, encoding: Encoding | None = None, **more: str) -> dict[str, str]:
    """The headers of a request that shows the token, and says how its body is written where it has one."""
    shown = f"Bearer {token}" if header.lower() == "authorization" else token
    kind = {"Content-Type": f"{_MEDIA_TYPES[encoding]}; charset=utf-8"} if encoding else {}
    return {header: shown, "User-Agent": "post-logistics-partners/1", **kind, **more}
