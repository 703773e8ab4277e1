"""The day close by pages: counted piece by piece, signed for by two, paid in, and opened again where it was wrong."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from api.context import form_key
from post_logistics.access.roles import Role
from post_logistics.units import bangla_digits
from tests.api.client import Api, taken
from tests.api.pages.test_station import opened, session_of

RIDER = "1216-R01"


@pytest.fixture
def clerk(api: Api) -> str:
    return session_of(api, Role.COUNTER)


def sent(api: Api, session: str, path: str, **said: str) -> Response:
    data = {"form_key": form_key(session)} | said
    return api.client.post(path, headers={"Cookie": f"session={session}"}, data=data)


def handed_in(api: Api, *, cod_poisha: int = 100_000, rider: str = RIDER) -> str:
    """A parcel that the rider has delivered for cash."""
    item = api.item(api.shop(), cod_poisha=cod_poisha)
    api.at_the_office(item)
    api.scans(api.scan(item, "out_for_delivery", holder=f"rider:{rider}"))
    api.claims(api.scan(item, "delivered_claimed", holder=f"rider:{rider}") | {"collected_poisha": cod_poisha})
    return item


def books(api: Api, holder: str = RIDER) -> tuple[int, int]:
    """What the holder has by the books, and the turn in which it is closed."""
    kind = "office:1216" if holder == "till" else f"rider:{holder}"
    found = taken(api.get(f"/v1/day-closes/offices/1216/{api.at.date()}/to-count", office="1216"))
    return next((one["held_poisha"], one["turn"]) for one in found if one["holder"] == kind)


def counted(poisha: int) -> dict[str, str]:
    """That much in notes of Tk 100 and coins of a poisha, as a form says it."""
    return {"n_10000": str(poisha // 10_000), "n_1": str(poisha % 10_000)}


def sheet(api: Api, holder: str = RIDER, *, off_poisha: int = 0, **changes: str) -> dict[str, str]:
    """What a clerk writes: all that the holder has, but for what is off."""
    held_poisha, turn = books(api, holder)
    told = {"countersigned_by": "Jashim", "turn": str(turn), "on": f"{api.at.date()}"}
    return told | counted(held_poisha + off_poisha) | changes


def closed(api: Api, clerk: str, holder: str = RIDER, *, off_poisha: int = 0, **changes: str) -> str:
    """The path of the close that was made."""
    said = sheet(api, holder, off_poisha=off_poisha, **changes)
    answer = sent(api, clerk, f"/station/close/count/{holder}", **said)
    assert answer.status_code == 303, re.findall(r'class="(?:problem|error)"[^>]*>(.*?)</', answer.text, re.S)
    return str(answer.headers["location"]).split("?")[0]


def all_handed_in(api: Api, clerk: str) -> None:
    """Every rider of the office holds nothing."""
    for one in taken(api.get(f"/v1/day-closes/offices/1216/{api.at.date()}/to-count", office="1216")):
        if one["held_poisha"] and one["holder"].startswith("rider:"):
            closed(api, clerk, one["holder"].removeprefix("rider:"))


def test_a_rider_hands_in_the_office_closes_and_pays_in(api: Api, clerk: str) -> None:
    handed_in(api)
    board = opened(api, clerk, "/station/close?language=en").text
    assert f"/station/close/count/{RIDER}" in board
    path = closed(api, clerk)
    assert "Jashim" in opened(api, clerk, path).text
    assert opened(api, clerk, f"{path}/sheet.pdf").content.startswith(b"%PDF")
    all_handed_in(api, clerk)
    till = closed(api, clerk, "till")
    assert "/station/close/office-close:1216:" in till
    assert till in opened(api, clerk, "/station/close").text
    slip = {"slip_number": "SB-42", "bank": "Sonali Bank", "branch": "Mirpur", "paid_in_by": "Rahima"}
    slip["deposited_at"] = f"{api.at:%Y-%m-%dT%H:%M}"
    assert sent(api, clerk, f"{till}/deposit", **slip | {"bank": " "}).status_code == 422
    assert sent(api, clerk, f"{till}/deposit", **slip | {"deposited_at": "soon"}).status_code == 422
    assert sent(api, clerk, f"{till}/deposit", **slip).status_code == 303
    assert "SB-42" in opened(api, clerk, till).text
    right = slip | {"slip_number": "SB-24"}
    assert sent(api, clerk, f"{till}/deposit", **right).status_code == 422, "a correction says why"
    assert sent(api, clerk, f"{till}/deposit", **right, why="Two digits were swapped").status_code == 303
    assert "SB-24" in opened(api, clerk, till).text


def test_what_is_missing_is_asked_for_and_what_was_typed_stays(api: Api, clerk: str) -> None:
    handed_in(api)
    path, said = f"/station/close/count/{RIDER}?language=en", sheet(api, off_poisha=-10_000)
    assert opened(api, clerk, path).status_code == 200
    answer = sent(api, clerk, path, **said)
    assert answer.status_code == 422 and "Tk 100.00 are missing" in answer.text
    typed = re.search(r'name="n_10000"[^>]*value="(\d+)"', answer.text)
    assert typed and typed[1] == said["n_10000"] and 'value="Jashim"' in answer.text
    over = sent(api, clerk, path, **sheet(api, off_poisha=5))
    assert over.status_code == 422 and "Tk 0.05 are too much" in over.text
    short = closed(api, clerk, off_poisha=-10_000, reason="change_wrong")
    assert "Wrong change given" in opened(api, clerk, f"{short}?language=en").text


def test_bangla_digits_count(api: Api, clerk: str) -> None:
    handed_in(api)
    said = sheet(api)
    bangla = {name: bangla_digits(said[name]) for name in ("n_10000", "n_1", "turn")}
    assert sent(api, clerk, f"/station/close/count/{RIDER}", **said | bangla).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"countersigned_by": ""}, "countersigned_by-error"),
        ({"n_100000": "one"}, "number of notes"),
        ({"n_100000": "-1"}, "number of notes"),
        ({"n_100000": "9" * 30}, "number of notes"),
        ({"reason": "lost"}, "nothing to explain"),
        ({"turn": "700"}, "closes of rider"),
        ({"on": "2027-01-01"}, "has not come yet"),
    ],
)
def test_a_sheet_that_does_not_fit_comes_back(api: Api, clerk: str, wrong: dict[str, str], words: str) -> None:
    handed_in(api)
    answer = sent(api, clerk, f"/station/close/count/{RIDER}?language=en", **sheet(api) | wrong)
    assert answer.status_code == 422 and words in answer.text


def test_nobody_countersigns_for_themselves(api: Api, clerk: str) -> None:
    handed_in(api)
    own = taken(opened(api, clerk, "/station/facts"))["person"]
    said = sheet(api, countersigned_by=own.upper())
    answer = sent(api, clerk, f"/station/close/count/{RIDER}?language=en", **said)
    assert answer.status_code == 422 and "two different people" in answer.text


def test_a_sheet_sent_twice_closes_once(api: Api, clerk: str) -> None:
    handed_in(api)
    said, path = sheet(api), f"/station/close/count/{RIDER}?language=en"
    first = sent(api, clerk, path, **said)
    assert first.status_code == 303
    assert sent(api, clerk, path, **said).headers["location"] == first.headers["location"]
    answer = sent(api, clerk, path, **said | {"n_1": "7", "reason": "not_known"})
    assert answer.status_code == 422 and "closed already" in answer.text


def test_an_office_does_not_close_before_its_riders(api: Api, clerk: str) -> None:
    handed_in(api)
    answer = sent(api, clerk, "/station/close/count/till?language=en", **sheet(api, "till"))
    assert answer.status_code == 422 and RIDER in answer.text


def test_a_close_that_was_wrong_is_opened_again_and_counted_once_more(api: Api, clerk: str) -> None:
    handed_in(api)
    path = closed(api, clerk, off_poisha=-500, reason="not_known")
    assert sent(api, clerk, f"{path}/reopening", why="", countersigned_by="Jashim").status_code == 422
    assert sent(api, clerk, f"{path}/reopening", why="A bundle lay below", countersigned_by="Jashim").status_code == 303
    assert "A bundle lay below" in opened(api, clerk, path).text
    assert closed(api, clerk) != path
    again = sent(api, clerk, f"{path}/reopening?language=en", why="Something else", countersigned_by="Jashim")
    assert again.status_code == 422 and "opened again already" in again.text


def test_yesterday_can_be_closed_after_midnight(api: Api, clerk: str) -> None:
    handed_in(api)
    said = sheet(api)
    api.at += timedelta(days=1)
    answer = sent(api, session_of(api, Role.MANAGER), f"/station/close/count/{RIDER}", **said)
    assert answer.status_code == 303 and said["on"] in answer.headers["location"]


def test_another_office_s_closes_are_not_there(api: Api, clerk: str) -> None:
    handed_in(api)
    path, stranger = closed(api, clerk), session_of(api, Role.MANAGER, "1205")
    for page in (path, f"{path}/sheet.pdf", f"/station/close/count/{RIDER}"):
        assert opened(api, stranger, page).status_code == 404
    assert sent(api, stranger, f"{path}/reopening", why="Mine", countersigned_by="Jashim").status_code == 404
    assert opened(api, session_of(api, Role.RIDER), "/station/close").status_code == 403


def test_a_form_of_another_session_closes_nothing(api: Api, clerk: str) -> None:
    handed_in(api)
    said = sheet(api) | {"form_key": "0" * 32}
    headers = {"Cookie": f"session={clerk}"}
    assert api.client.post(f"/station/close/count/{RIDER}", headers=headers, data=said).status_code == 403
    assert books(api)[0] >= 100_000


def test_the_receipt_lists_what_was_weighed_here_and_nobody_s_name(api: Api, clerk: str) -> None:
    shop = api.shop()
    item, other = api.item(shop), api.item(shop, "K-2")
    row = api.scan(item, "accepted") | {"weight_g": 1500}
    taken(api.post("/v1/acceptances", {"acceptances": [row]}))
    receipt = opened(api, clerk, f"/station/receipt?items={item.lower()},&language=en")
    assert item in receipt.text and "1.5" in receipt.text and "Karim" not in receipt.text
    for paper in ("a6", "sheet"):
        assert opened(api, clerk, f"/station/labels-{paper}.pdf?items={item}").content.startswith(b"%PDF")
    assert opened(api, clerk, f"/station/receipt?items={item},{other}").status_code == 404
    assert opened(api, clerk, "/station/receipt?items=DP000000000BD").status_code == 422
    assert opened(api, session_of(api, Role.COUNTER, "1205"), f"/station/receipt?items={item}").status_code == 404
    assert "Nothing is posted yet" in opened(api, clerk, "/station/receipt?language=en").text
