"""Somebody who learns: reads the panel, and does on the real pages and as the devices do what it asks for."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any, Final
from uuid import uuid4

from httpx2 import Response

from post_logistics.operations.training.lessons import Lesson
from tests.api.client import Api, taken

OFFICE, RIDER, CENTRE = "1230", "1230-R01", "dc-1230-01"
"""Where practice is."""
_NUMBERS: Final = count(1)
_DEVICES: Final = count(1)


class Learner:
    """Somebody with a browser of their own, on the server of practice."""

    def __init__(self, api: Api, name: str = "Rahima Akter", number: str = "", language: str = "en") -> None:
        self.api, self.cookies = api, {"language": language}
        self.number = number or f"S-{next(_NUMBERS)}"
        entered = self.send("/training/learner", {"name": name, "number": self.number})
        assert entered.status_code == 303, entered.text
        self.sequence = count(1)
        self.device = f"practice-{next(_DEVICES)}"
        self.last = ""

    @property
    def headers(self) -> dict[str, str]:
        """What the browser sends of itself."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _heard(self, answer: Response) -> Response:
        self.cookies |= dict(answer.cookies)
        self.api.client.cookies.clear()
        return answer

    def get(self, path: str) -> Response:
        """The answer to a page asked for."""
        return self._heard(self.api.client.get(path, headers=self.headers))

    def read(self, path: str) -> str:
        """The text of a page that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return unescape(answer.text)

    def send(self, path: str, form: Mapping[str, str] = {}, page: str = "", **more: Any) -> Response:
        """The answer to a form, with the key that its page gives it."""
        key = re.search(r'name="form_key" value="([^"]*)"', self.read(page)) if page else None
        said = dict(form) | ({"form_key": key[1]} if key else {})
        return self._heard(self.api.client.post(path, data=said, headers=self.headers, **more))

    def begin(self, lesson_id: str) -> Response:
        """In the lesson."""
        answer = self.send(f"/training/lessons/{lesson_id}")
        assert answer.status_code == 303, answer.text
        return answer

    def panel(self) -> str:
        """What the panel says now."""
        return self.read("/training/panel")

    def at(self) -> int:
        """The number of the step that is to be done now; 0 when all is done, or there is no lesson."""
        found = re.search(r'data-state="\S+ (\w+)', self.panel())
        return int(found[1]) if found and found[1].isdigit() else 0

    def tray(self) -> list[str]:
        """The parcels to practise with."""
        found = re.findall(r"<code>(\w+)</code>", self.panel())
        assert found, "the tray is empty"
        return found

    def answer(self, number: int, choice: int) -> Response:
        """The answer to the question of a step."""
        return self.send("/training/answer", {"number": str(number), "choice": str(choice), "back": "/training"})

    def scan(self, item: str, event: str, **changes: Any) -> dict[str, Any]:
        """What a device of the learner's says."""
        own = {"device_id": self.device, "sequence": next(self.sequence)}
        return self.api.scan(item, event, **{"office": OFFICE, "holder": f"office:{OFFICE}"} | own | changes)

    # What there is to do

    def enrol(self, device_id: str) -> None:
        """The manager makes a device known."""
        body = {"device_id": device_id, "office": OFFICE, "name": "Counter 1"}
        key = {"kty": "EC", "crv": "P-256", "x": _X, "y": _Y}
        taken(self.api.post("/v1/devices", body | {"public_key": key}, office=OFFICE), 201)

    def accept(self, weight_g: int) -> None:
        """A parcel from the tray goes over the counter and the scales."""
        self.last = self.tray()[0]
        row = self.scan(self.last, "accepted", weight_g=weight_g)
        (verdict,) = taken(self.api.post("/v1/acceptances", {"acceptances": [row]}, office=OFFICE))["verdicts"]
        assert verdict["outcome"] == "accepted", verdict

    def to_the_rider(self, many: int = 1) -> None:
        """Parcels from the tray are given to the rider."""
        for item in self.tray()[:many]:
            (verdict,) = self.api.scans(self.scan(item, "out_for_delivery", holder=f"rider:{RIDER}"))
            assert verdict["outcome"] == "accepted", verdict

    def hand_over(self, holder: str) -> None:
        """A parcel from the tray is handed over by that holder, for what is due."""
        self.last = self.tray()[0]
        due = taken(self.api.get(f"/v1/consignments/{self.last}", office=OFFICE))["cod_poisha"]
        row = self.scan(self.last, "delivered_claimed", holder=holder, collected_poisha=due)
        (verdict,) = self.api.claims(row)
        assert verdict["outcome"] == "accepted", verdict

    def close(self, holder: str, missing_poisha: int = 0) -> None:
        """The cash of a rider or of the till is counted, that much of it missing."""
        path = f"/station/close/count/{holder}"
        form = self.read(path)
        (books,) = re.findall(r'data-books="(\d+)"', form)
        (on,), (turn,) = (re.findall(rf'name="{name}" value="([^"]*)"', form) for name in ("on", "turn"))
        rest, pieces = int(books) - missing_poisha, {}
        for worth in (100_000, 10_000, 1_000, 100, 1):
            pieces[f"n_{worth}"], rest = str(rest // worth), rest % worth
        reason = "miscounted" if missing_poisha else ""
        said = {"on": on, "turn": turn, "countersigned_by": "Jashim", "reason": reason} | pieces
        answer = self.send(path, said, page=path)
        assert answer.status_code == 303, re.findall(r'class="(?:error|problem)".*', answer.text)

    def book(self, **changes: str) -> None:
        """A parcel of the shop."""
        said = {
            "draft": f"P-{uuid4().hex[:8]}",
            "recipient_name": "Nadia Islam",
            "recipient_phone": "01712345678",
            "recipient_address": "House 5, Road 3, Block B, Mirpur-10, Dhaka 1216",
            "weight_kg": "0.5",
            "cod_taka": "1200",
            "do": "book",
        }
        answer = self.send("/shop/book", said | changes, page="/shop/book")
        assert answer.status_code == 303, re.findall(r'class="error".*', answer.text)


_X = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
_Y = "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
"""The public key of the example in RFC 7517, appendix A.1."""


def _bag(one: Learner) -> None:
    asked = {"office": OFFICE, "destination": "1215", "count": 1, "request_id": str(uuid4())}
    (one.last,) = taken(one.api.post("/v1/bags", asked, office=OFFICE), 201)["bags"]
    (verdict,) = one.api.scans(one.scan(one.tray()[0], "bagged", receptacle=one.last))
    assert verdict["outcome"] == "accepted", verdict


def _seal(one: Learner) -> None:
    said = {"office": OFFICE, "occurred_at": one.api.at.isoformat(), "seal": "4711", "weight_g": 5_000}
    taken(one.api.post(f"/v1/bags/{one.last}/seal", said, office=OFFICE))


def _load(one: Learner) -> None:
    (run, *_) = one.get("/station/facts").json()["runs"]
    (verdict,) = one.api.scans(one.scan(one.last, "dispatched", holder=f"vehicle:{run['vehicle']}"))
    assert verdict["outcome"] == "accepted", verdict


def _fail(one: Learner) -> None:
    scan = one.scan(one.tray()[0], "attempt_failed", holder=f"rider:{RIDER}", reason="no_answer")
    one.api.claims(scan)
    one.last = scan["item_number"]
    one.api.at += timedelta(seconds=20)
    _prove(one, scan, "call", duration_s=20)


def _prove(one: Learner, scan: dict[str, Any], kind: str, **what: Any) -> None:
    shared = {name: scan[name] for name in ("item_number", "device_id", "sequence", "office")}
    proof = {**shared, "kind": kind, "taken_at": scan["occurred_at"], **what}
    (verdict,) = taken(one.api.post("/v1/proofs", {"proofs": [proof]}))["verdicts"]
    assert verdict["outcome"] == "kept", verdict


def _with_the_code(one: Learner) -> None:
    (item, *_) = one.tray()
    page = unescape(one.send("/training/codes", {"item": item}).text)
    (code,) = re.findall(r"<strong>(\d{6})</strong>", page)
    due = taken(one.api.get(f"/v1/consignments/{item}", office=OFFICE))["cod_poisha"]
    scan = one.scan(item, "delivered_claimed", holder=f"rider:{RIDER}", collected_poisha=due)
    one.api.claims(scan)
    _prove(one, scan, "otp", code=code)


def _file(one: Learner) -> None:
    content = one.get("/training/files/orders.csv").content
    answer = one.send("/shop/files", page="/shop/files", files={"file": ("orders.csv", content, "text/csv")})
    one.last = answer.text


def _rows(one: Learner, do: str) -> None:
    (rows,) = re.findall(r'name="rows" value="([^"]*)"', one.last)
    said = {"rows": unescape(rows), "r3_recipient_phone": "01811111103", "do": do}
    one.last = one.send("/shop/files/rows", said, page="/shop/files").text


def _ask_for_a_pickup(one: Learner) -> None:
    (draft,) = re.findall(r'name="draft" value="([^"]*)"', one.read("/shop/pickups"))
    on = (one.api.at + timedelta(days=1)).date().isoformat()
    said = {"draft": draft, "on": on, "from_hour": "10:00", "until_hour": "12:00"}
    assert one.send("/shop/pickups", said, page="/shop/pickups").status_code == 303


def _back_to_the_office(one: Learner) -> None:
    (verdict,) = one.api.scans(one.scan(one.last, "at_delivery_office"))
    assert verdict["outcome"] == "accepted", verdict


def _at_the_centre(one: Learner, act: str, **what: Any) -> dict[str, Any]:
    """The verdict on something done at the agent's counter."""
    own = {"device_id": one.device, "sequence": next(one.sequence), "occurred_at": one.api.at.isoformat()}
    (verdict,) = taken(one.api.post(f"{_CENTRE}/acts", {"acts": [{"act": act, **own, **what}]}))["verdicts"]
    return dict(verdict)


def _open_the_shift(one: Learner) -> None:
    _at_the_centre(one, "open_shift", counted_poisha=0, pieces={})


def _drop_off(one: Learner) -> None:
    verdict = _at_the_centre(one, "drop_off", number=one.tray()[0], weight_g=800)
    assert verdict["outcome"] == "accepted", verdict


def _hand_over_at_the_centre(one: Learner) -> None:
    _open_the_shift(one)  # refused where one is open
    (item, *_) = one.tray()
    (code,) = re.findall(r"<strong>(\d{6})</strong>", one.send("/training/codes", {"item": item}).text)
    due = taken(one.api.get(f"/v1/consignments/{item}", office=OFFICE))["cod_poisha"]
    one.api.at += timedelta(seconds=1)
    verdict = _at_the_centre(one, "hand_over", number=item, code=code, cash_poisha=due)
    assert verdict["outcome"] == "accepted", verdict


def _close_the_shift(one: Learner) -> None:
    _open_the_shift(one)
    one.api.at += timedelta(seconds=1)
    shift = taken(one.api.get(_CENTRE))["shift"]
    pieces = {"1": shift["expected_poisha"]} if shift["expected_poisha"] else {}
    verdict = _at_the_centre(one, "close_shift", counted_poisha=shift["expected_poisha"], pieces=pieces)
    assert verdict["outcome"] == "accepted", verdict


_CENTRE: Final = f"/v1/centres/{CENTRE}"
_ROUND: Final = f"rider:{RIDER}"
DEEDS: Final[Mapping[str, Mapping[int, Callable[[Learner], None]]]] = {
    "counter-1-accept": {
        1: lambda one: one.enrol("counter-1230-practice"),
        2: lambda one: one.accept(1_250),
        3: lambda one: one.accept(6_000),
    },
    "counter-2-bag": {1: lambda one: one.accept(900), 2: _bag, 3: _seal, 4: _load},
    "counter-3-window": {
        2: lambda one: one.hand_over(f"office:{OFFICE}"),
        4: lambda one: one.hand_over(f"office:{OFFICE}"),
    },
    "counter-4-shortage": {
        1: lambda one: one.to_the_rider(),
        2: lambda one: one.hand_over(_ROUND),
        3: lambda one: one.close(RIDER, missing_poisha=10_000),
        5: lambda one: one.close("till"),
    },
    "rider-1-round": {
        1: lambda one: one.enrol(f"rider-{RIDER}-0123456789"),
        2: lambda one: one.to_the_rider(2),
        4: lambda one: one.hand_over(_ROUND),
    },
    "rider-2-failed": {1: lambda one: one.to_the_rider(), 3: _fail, 5: _back_to_the_office},
    "rider-3-code": {1: lambda one: one.to_the_rider(), 3: _with_the_code},
    "rider-4-cash": {
        1: lambda one: one.to_the_rider(),
        2: lambda one: one.hand_over(_ROUND),
        4: lambda one: one.close(RIDER),
    },
    "agent-1-shift": {
        1: lambda one: one.enrol(f"centre-{CENTRE}-0123456789"),
        2: _open_the_shift,
        3: _drop_off,
    },
    "agent-2-float": {2: _hand_over_at_the_centre},
    "agent-3-close": {1: _open_the_shift, 2: _close_the_shift},
    "merchant-1-book": {1: lambda one: one.book(), 3: _ask_for_a_pickup},
    "merchant-2-file": {1: _file, 2: lambda one: _rows(one, "check"), 3: lambda one: _rows(one, "book")},
    "merchant-3-money": {4: lambda one: one.book(cod_taka="")},
}
"""Lesson -> step -> what is done for it, on the pages and by the devices that people have."""


def go_through(one: Learner, lesson: Lesson) -> None:
    """The whole lesson, one step a minute; each is seen to be done, and not before."""
    one.begin(lesson.lesson_id)
    for number, step in enumerate(lesson.steps, 1):
        one.api.at += timedelta(minutes=1)
        if one.at() > number or not one.at():
            continue  # the deed before was one for both, or it was done in an earlier lesson
        assert one.at() == number, f"{lesson.lesson_id}, step {number}: {one.panel()}"
        if step.choices:
            one.answer(number, next(n for n, choice in enumerate(step.choices) if choice.is_right))
            continue
        if "/training/work" in one.panel():
            assert one.send("/training/work", {"back": "/training"}).status_code == 303
        deed = DEEDS[lesson.lesson_id].get(number)
        if deed is not None:
            deed(one)
    assert not one.at(), f"{lesson.lesson_id}: {one.panel()}"
