"""What a shop does with the post, a method each."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote as quoted

from post_logistics_client import types
from post_logistics_client.sending import Connection, Retries, Sender, Transport

_PAGE: Final = 500


class Client:
    """The post, as one shop sees it. Every method raises Problem when the post refuses.

    ``key``: your API key. ``merchant``: only for programs of the post itself, which act for many shops. ``language``:
    ``bn`` has problems told in Bangla. What gets no answer is sent again under the same key: nothing is done twice.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        merchant: str = "",
        language: str = "en",
        retries: Retries | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._line = transport or Connection()
        self._post = Sender(base_url, key, merchant, language, retries or Retries(), self._line)

    def close(self) -> None:
        """Lets the connection go."""
        if isinstance(self._line, Connection):
            self._line.close()

    # Before booking

    def quote(
        self, weight_g: int, cod_poisha: int = 0, declared_value_poisha: int = 0, service: str = ""
    ) -> types.Quote:
        """What a parcel costs today."""
        asked = {
            "weight_g": weight_g,
            "cod_poisha": cod_poisha,
            "declared_value_poisha": declared_value_poisha,
            "service": service,
        }
        return cast(types.Quote, self._post.json("POST", "/v1/quotes", asked))

    def resolve(self, text: str, **hints: Any) -> types.Address:
        """What an address is understood to be; hints: ``postcode``, ``thana``, ``district``, ``area``."""
        return cast(types.Address, self._post.json("POST", "/v1/addresses/resolve", {"text": text, **hints}))

    # Booking

    def book(self, order: types.Order) -> types.Consignment:
        """A booked parcel. The same order again is the same parcel."""
        return cast(types.Consignment, self._post.json("POST", "/v1/consignments", order))

    def book_bulk(self, orders: Sequence[types.Order], *, dry_run: bool = False) -> types.Batch:
        """Up to 500 parcels, a verdict for each."""
        asked = {"orders": list(orders), "dry_run": dry_run}
        return cast(types.Batch, self._post.json("POST", "/v1/consignments/bulk", asked))

    def book_file(self, file: Path, *, dry_run: bool = False) -> types.BookedFile:
        """The orders of a CSV or XLSX file, while you wait."""
        return cast(types.BookedFile, self._upload(file, dry_run, {}))

    def book_file_later(self, file: Path, *, dry_run: bool = False) -> types.Job:
        """The same for a large file: taken in at once and booked meanwhile; see ``job`` and ``wait_for``."""
        return cast(types.Job, self._upload(file, dry_run, {"Prefer": "respond-async"}))

    def _upload(self, file: Path, dry_run: bool, headers: Mapping[str, str]) -> Any:
        content = file.read_bytes()
        boundary = f"post-{hashlib.sha256(content).hexdigest()}"
        name = file.name.replace('"', "").encode()
        body = b"".join(
            [
                f'--{boundary}\r\nContent-Disposition: form-data; name="dry_run"\r\n\r\n'.encode(),
                b"true" if dry_run else b"false",
                f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="'.encode(),
                name,
                b'"\r\nContent-Type: application/octet-stream\r\n\r\n',
                content,
                f"\r\n--{boundary}--\r\n".encode(),
            ]
        )
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return json.loads(self._post.send("POST", "/v1/consignments/files", body, {**kind, **headers}).body)

    def job(self, job_id: str) -> types.Job:
        """How far a file is."""
        return cast(types.Job, self._post.json("GET", f"/v1/jobs/{_part(job_id)}"))

    def jobs(self) -> Iterator[types.Job]:
        """Your files of the last 30 days, the latest first."""
        return cast(Iterator[types.Job], self._pages("/v1/jobs", "jobs"))

    def job_rows(self, job_id: str, outcome: types.Outcome | None = None) -> Iterator[types.Verdict]:
        """What became of the rows of a file, of all or of those of one outcome."""
        pages = self._pages(f"/v1/jobs/{_part(job_id)}/rows", "rows", outcome=outcome)
        return cast(Iterator[types.Verdict], pages)

    def wait_for(self, job_id: str, *, every_s: float = 2.0, at_most_s: float = 3600.0) -> types.Job:
        """The job once it is done or has failed; TimeoutError if it takes longer."""
        until = time.monotonic() + at_most_s
        while True:
            found = self.job(job_id)
            if found["state"] in {"done", "failed"}:
                return found
            if time.monotonic() + every_s > until:
                raise TimeoutError(f"job {job_id} is {found['state']} after {at_most_s:g} s")
            time.sleep(every_s)

    # What is booked

    def consignment(self, item_number: str) -> types.Consignment:
        """One of your parcels, as it was booked."""
        return cast(types.Consignment, self._post.json("GET", f"/v1/consignments/{_part(item_number)}"))

    def consignments(
        self,
        *,
        state: str | None = None,
        booked_from: str | None = None,
        booked_to: str | None = None,
        order_ref: str | None = None,
        delivery_office: str | None = None,
        fields: Sequence[str] = (),
    ) -> Iterator[types.ListedConsignment]:
        """Your parcels, the latest first; ``fields`` names the only members you need."""
        wanted = {
            "state": state,
            "booked_from": booked_from,
            "booked_to": booked_to,
            "order_ref": order_ref,
            "delivery_office": delivery_office,
            "fields": ",".join(fields) or None,
        }
        pages = self._pages("/v1/consignments", "consignments", **wanted)
        return cast(Iterator[types.ListedConsignment], pages)

    def label_pdf(self, item_number: str) -> bytes:
        """The label, an A6 page."""
        return self._post.send("GET", f"/v1/consignments/{_part(item_number)}/label.pdf").body

    def label_zpl(self, item_number: str) -> str:
        """The label for a thermal printer of 203 dpi."""
        return self._post.send("GET", f"/v1/consignments/{_part(item_number)}/label.zpl").body.decode()

    def track(self, item_number: str) -> types.Tracking:
        """Where a parcel is, as anybody may know it."""
        return cast(types.Tracking, self._post.json("GET", f"/v1/tracking/{_part(item_number)}"))

    def journey(self, item_number: str) -> types.Journey:
        """All that happened to one of your parcels."""
        return cast(types.Journey, self._post.json("GET", f"/v1/consignments/{_part(item_number)}/journey"))

    def cancel(self, item_number: str) -> types.Standing:
        """A booking taken back, while you still have the parcel."""
        return cast(types.Standing, self._post.json("POST", f"/v1/items/{_part(item_number)}/cancellation"))

    def send_back(self, item_number: str, reason: str = "recalled") -> types.Standing:
        """A parcel on its way, called back."""
        path = f"/v1/items/{_part(item_number)}/return"
        return cast(types.Standing, self._post.json("POST", path, {"reason": reason}))

    # Pickups

    def request_pickup(self, request: types.PickupRequest) -> types.Pickup:
        """Parcels will be fetched at your store."""
        return cast(types.Pickup, self._post.json("POST", "/v1/pickups", request))

    def pickup(self, request_id: str) -> types.Pickup:
        """How far a pickup is."""
        return cast(types.Pickup, self._post.json("GET", f"/v1/pickups/{_part(request_id)}"))

    # Money

    def payouts(self, state: str | None = None) -> Iterator[types.Payout]:
        """Your payouts."""
        return cast(Iterator[types.Payout], self._pages("/v1/payouts", "payouts", state=state))

    # Webhooks

    def add_webhook(self, url: str, events: Sequence[str] = ()) -> types.NewEndpoint:
        """A server of yours that is told of your parcels, of all events or of these; keep its ``secret``."""
        asked = {"url": url, "events": list(events)}
        return cast(types.NewEndpoint, self._post.json("POST", "/v1/webhooks", asked))

    def webhooks(self) -> list[types.Endpoint]:
        """Your servers that are told."""
        return cast("list[types.Endpoint]", self._post.json("GET", "/v1/webhooks")["endpoints"])

    def remove_webhook(self, endpoint_id: str) -> None:
        """That server is told no more."""
        self._post.send("DELETE", f"/v1/webhooks/{_part(endpoint_id)}")

    def _pages(self, path: str, member: str, **wanted: Any) -> Iterator[Any]:
        """Everything of a list, page after page, each fetched when it is needed."""
        after = None
        while True:
            page = self._post.json("GET", path, query={**wanted, "after": after, "limit": _PAGE})
            yield from page[member]
            after = page["next"]
            if after is None:
                return


def _part(text: str) -> str:
    return quoted(text, safe="")
