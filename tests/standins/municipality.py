"""A municipality's desk: it hands its day's papers to the post as one sealed file, hears what became of each, asks
where it has heard nothing, and adds up the fees. The digital municipality service publishes no format; this is the one
that the post proposes to it.

It is the other side: it reckons the seal and checks signatures by itself.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from tests.standins.issuers import Issuer, seal
from tests.standins.serving import Fault
from tests.standins.telling import Told, tell

LISTS: Final = "lists"
"""What `misbehave` names for files on their way to the post."""
_COLUMNS: Final = {
    "number": "আবেদন নম্বর",
    "service": "সেবা কোড",
    "name": "নাম",
    "phone": "মোবাইল",
    "holding": "হোল্ডিং নং",
    "ward": "ওয়ার্ড",
    "road": "রাস্তা",
    "fee": "ফি",
}
"""Our field -> the header of the file."""
_SEALED: Final = ("number", "service", "name", "phone", "", "", "holding", "ward", "road", "fee")
"""In the order of the seal; the address and postcode that others write are empty."""


@dataclass(slots=True)
class Bill:
    """A paper as the municipality keeps it: its line, and what the post said of it."""

    line: dict[str, str]
    status: str = ""
    sequence: int = -1
    taken_poisha: int = 0
    served_to: str = ""
    proofs: list[int] = field(default_factory=list)


class Municipality(Issuer):
    """The desk of one town."""

    name = "municipality"

    def __init__(self, code: str = "gopalganj", *, token: str = "municipal-token-0123") -> None:
        super().__init__(token)
        self.code = code
        self.bills: dict[str, Bill] = {}

    # What the town hall does

    def issue(self, number: str, *, holding: str, ward: str = "৪", fee: str = "", **more: str) -> Bill:
        """A holding tax bill, or another paper."""
        line = {"number": number, "service": "M10", "name": "কৃষ্ণা ক্ষত্রী", "phone": "", "road": "কলেজ রোড"}
        self.bills[number] = Bill(line | {"holding": holding, "ward": ward, "fee": fee} | more)
        return self.bills[number]

    def hand_in(self, *lists: tuple[str, Sequence[str]]) -> list[int]:
        """Sends sealed files, each its number and its papers; the statuses that came back."""
        return tell(self, LISTS, [self._file(number, papers) for number, papers in lists])

    def _file(self, number: str, papers: Sequence[str]) -> Told:
        lines = [dict(self.bills[one].line) for one in papers]
        said = {"number": number, "service_on": "2026-11-22", "sealed_by": "কর শাখা", "digest": _digest(lines)}
        if self.fault_for(LISTS, {Fault.WRONG_AMOUNT}):
            lines[0]["fee"] = "9999"
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, _COLUMNS)
        writer.writerow(_COLUMNS)
        writer.writerows(lines)
        content, body = _multipart(said, f"{number}.csv", ("\ufeff" + text.getvalue()).encode())
        key = "pl_not-the-key" if self.fault_for(LISTS, {Fault.WRONG_SIGNATURE}) else self.key
        return Told(f"{self.post_url}/v1/manifests/files", body, self._headers(key, content))

    def _headers(self, key: str, content: str = "application/json") -> dict[str, str]:
        return {"Content-Type": content, "Authorization": f"Bearer {key}"}

    def ask(self) -> list[str]:
        """Asks where everything is of which the end is not known; gives back what the post does not know."""
        open_ones = [number for number, bill in self.bills.items() if bill.status not in {"served", "returned"}]
        asked = json.dumps({"application_numbers": open_ones}).encode()
        told = self._call("POST", f"/v1/municipalities/{self.code}/statuses", asked)
        for one in told["documents"]:
            bill = self.bills[one["application_number"]]
            bill.status = {"delivered": "served", "returned": "returned"}.get(one["state"], bill.status)
            bill.taken_poisha, bill.served_to = one["collected_poisha"], one["received_by"] or ""
        return list(told["unknown"])

    def remitted(self, first_on: str, last_on: str) -> dict[str, Any]:
        """What the post says of the fees of those days."""
        path = f"/v1/municipalities/{self.code}/remittance?first_on={first_on}&last_on={last_on}"
        return dict(self._call("GET", path)["total"])

    def _call(self, method: str, path: str, body: bytes = b"") -> Any:
        line = HTTPConnection(urlsplit(self.post_url).netloc, timeout=10)
        try:
            line.request(method, path, body or None, self._headers(self.key))
            answer = line.getresponse()
            told = answer.read()
            assert answer.status == 200, told
            return json.loads(told)
        finally:
            line.close()

    # What the post tells

    def issued(self) -> Mapping[str, Bill]:
        """The papers."""
        return self.bills

    def hear(self, paper: Bill, news: dict[str, Any]) -> None:
        """The latest status and fee, whatever the order; every proof of service."""
        if news["type"] == "status":
            if news["sequence"] > paper.sequence:
                paper.status, paper.sequence = news["status"], news["sequence"]
                paper.taken_poisha = news["fee_taken_poisha"]
            return
        paper.proofs.append(news["proof_number"])
        paper.served_to = news["served_to"] if news["type"] == "proof_of_service" else ""


def _digest(lines: Sequence[dict[str, str]]) -> str:
    return seal([line[name] if name else "" for name in _SEALED] for line in lines)


def _multipart(fields: dict[str, str], file_name: str, content: bytes) -> tuple[str, bytes]:
    """The media type and the body of a form with a file."""
    edge = uuid4().hex
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [f"--{edge}\r\n{head.format(name)}\r\n\r\n{value}\r\n".encode() for name, value in fields.items()]
    sent = f'--{edge}\r\n{head.format("file")}; filename="{file_name}"\r\nContent-Type: text/csv\r\n\r\n'.encode()
    return f"multipart/form-data; boundary={edge}", b"".join([*parts, sent, content, f"\r\n--{edge}--\r\n".encode()])


def make() -> Municipality:
    """The desk as it is started by hand."""
    return Municipality()
