"""A municipality's desk: it hands its day's papers to the post as one sealed file, hears what became of each, asks
where it has heard nothing, and adds up the fees. The digital municipality service publishes no format; this is the one
that the post proposes to it.

It is the other side: it reckons the seal and checks signatures by itself.
"""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from tests.standins.serving import Answer, Asked, Fault, Standin
from tests.standins.telling import Told, tell

LISTS: Final = "lists"
"""What `misbehave` names for files on their way to the post."""
NEWS: Final = "/post/news"
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


class Municipality(Standin):
    """The desk of one town. ``post_url`` and ``key``: where the post takes lists, and by which key; ``token``: what
    signs its news."""

    name = "municipality"

    def __init__(self, code: str = "gopalganj", *, token: str = "municipal-token-0123") -> None:
        super().__init__()
        self.code, self.token = code, token
        self.post_url, self.key = "", ""
        self.bills: dict[str, Bill] = {}
        self.refused = 0
        """News that was not the post's own."""
        self._known: set[str] = set()

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

    def answer(self, asked: Asked) -> Answer:
        """Takes news of a paper, once, if it is signed."""
        if asked.path != NEWS:
            return Answer({"error": "no such path"}, 404)
        signed = f"{asked.headers.get('x-post-time', '')}.".encode() + asked.body
        right = hmac.digest(self.token.encode(), signed, "sha256").hex()
        if not hmac.compare_digest(right, asked.headers.get("x-post-signature", "")):
            self.refused += 1
            return Answer({"error": "not signed"}, 401)
        news = asked.json()
        bill = self.bills.get(news["application_number"])
        if bill is None:
            return Answer({"error": "no such paper"}, 404)
        if asked.headers["webhook-id"] not in self._known:
            self._known.add(asked.headers["webhook-id"])
            self._hear(bill, news)
        return Answer({"result": "ok"})

    def _hear(self, bill: Bill, news: dict[str, Any]) -> None:
        if news["type"] == "status":
            if news["sequence"] > bill.sequence:
                bill.status, bill.sequence = news["status"], news["sequence"]
                bill.taken_poisha = news["fee_taken_poisha"]
            return
        bill.proofs.append(news["proof_number"])
        bill.served_to = news["served_to"] if news["type"] == "proof_of_service" else ""


def _digest(lines: Sequence[dict[str, str]]) -> str:
    """The seal: SHA-256 over a JSON array of the texts of each line, each with a line end."""
    reckoned = hashlib.sha256()
    for line in lines:
        texts = [line[name] if name else "" for name in _SEALED]
        reckoned.update(json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return reckoned.hexdigest()


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
