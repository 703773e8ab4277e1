"""The pages of a hub, without a browser: what they answer, for whom, and what a form leaves behind."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from api.pages.hub.board import GROUPS
from api.pages.hub.day import SHOWN
from api.pages.hub.frame import BAGS, FAULTS, KINDS, REASONS, RULE_BROKEN
from api.pages.hub.plans import METHODS, SEARCHES, STATES
from api.pages.words import catalogue
from post_logistics.access.roles import Role
from post_logistics.operations.custody.office_days import Group
from post_logistics.operations.tours.drafting import Wish, begin_draft, search_draft
from post_logistics.routing.plan import Reason
from post_logistics.storage.custody.exceptions import Kind
from post_logistics.storage.tours.drafts import DraftState, Method
from post_logistics.tracking.bags import BagState
from post_logistics.units import Postcode
from tests.api.client import Api
from tests.api.pages.test_shop_pages import Browser, gone, seen

RIDER, OTHER = "1216-R01", "1216-R02"
TODAY = "2026-11-22"


@pytest.fixture(scope="module")
def shop(api: Api) -> str:
    """A shop."""
    return api.shop()


@pytest.fixture(scope="module")
def manager(api: Api) -> Iterator[Browser]:
    """The manager of Mirpur, at noon."""
    before, api.at = api.at, api.at.replace(hour=12, minute=3)
    yield Browser(api, "", role=Role.MANAGER)
    api.at = before


@pytest.fixture(scope="module")
def parcels(api: Api, manager: Browser, shop: str) -> list[str]:
    """Four parcels at the office."""
    items = [
        api.item(shop, f"H-{n}", recipient_address=f"House {n}, Section {n}, Mirpur, Dhaka 1216") for n in (1, 2, 6, 10)
    ]
    for item in items:
        api.at_the_office(item)
    return items


def wish(manager: Browser, *riders: str, **changes: str) -> dict[str, str]:
    """The form that asks for a draft."""
    given = {"draft_id": str(uuid4()), "on": TODAY, "method": "anew", "leave": "12:30", "seconds": "1"}
    return given | {f"pick_{rider}": "on" for rider in riders or (RIDER, OTHER)} | changes


def drafted(manager: Browser, *riders: str, **changes: str) -> str:
    """The address of a draft that is there: the search is over when the answer has come."""
    return gone(manager.send("/hub/plan", wish(manager, *riders, **changes), "/hub/plan"))


def rows(text: str, caption: str) -> list[str]:
    """The rows of the table with that caption."""
    (table,) = re.findall(rf"<caption[^>]*>{caption}</caption>(.*?)</table>", text, re.S)
    body = table.partition("<tbody>")[2]
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)]


def test_every_word_of_a_hub_is_there_in_bangla() -> None:
    words = {*GROUPS.values(), *SHOWN.values(), *BAGS.values(), *FAULTS.values(), *KINDS.values(), *REASONS.values()}
    words |= {*METHODS.values(), *SEARCHES.values(), *(name for name, _ in STATES.values()), RULE_BROKEN}
    assert sorted(words - catalogue().keys()) == []


def test_nothing_that_can_happen_lacks_a_word() -> None:
    assert set(REASONS) == set(Reason) and set(KINDS) == set(Kind) and set(BAGS) == set(BagState)
    assert set(GROUPS) == set(Group) and set(STATES) == set(DraftState)


def test_a_hub_is_for_the_manager_of_an_office(api: Api, shop: str) -> None:
    assert api.client.get("/hub").headers["location"] == "/sign-in?next=/hub"
    assert Browser(api, "", role=Role.COUNTER).get("/hub").status_code == 403
    assert Browser(api, shop).get("/hub").status_code == 403


def test_the_board_counts_and_leads_to_the_lists(manager: Browser, parcels: list[str]) -> None:
    board = manager.read("/hub")
    (waiting,) = re.findall(r'href="/hub/things\?group=waiting"[^>]*><span>[^<]*</span> <strong>(\d+)', board)
    assert int(waiting) >= len(parcels)
    listed = manager.read("/hub/things?group=waiting")
    assert all(f'href="/hub/things/{item}"' in listed for item in parcels)
    story = manager.read(f"/hub/things/{parcels[0]}")
    assert "Accepted by the post." in story and "কৃষ্ণা" not in story
    assert manager.get("/hub/things/DP473124829BD").status_code == 404
    assert manager.get("/hub/things/nonsense").status_code == 422
    assert '<svg class="bar"' in board


@pytest.mark.parametrize("group", list(Group))
def test_every_group_can_be_looked_at(manager: Browser, group: Group) -> None:
    manager.read(f"/hub/things?group={group.value}")


def test_a_draft_is_made_looked_at_and_approved(manager: Browser, parcels: list[str]) -> None:
    at = drafted(manager)
    text = manager.read(at)
    assert "Approve these tours" in text and "live-map" in text
    assert "Nothing is approved yet." in manager.read("/hub/plan")
    assert manager.get(f"/hub/plan/{TODAY}/run-sheets.pdf").status_code == 404
    (rider,) = set(re.findall(rf'href="{at}/tours/([^"]+)"', text))
    tour = manager.read(f"{at}/tours/{rider}")
    assert len(rows(tour, "Stops in their order")) >= 1 and "km" in tour
    said = gone(manager.send(f"{at}/approve", {"edits": "0"}, at))
    assert said.startswith(f"/hub/plan?on={TODAY}")
    approved = manager.read(f"/hub/plan?on={TODAY}")
    assert "Print the run sheets" in approved and "Revision 1" in approved
    assert len(rows(manager.read(f"/hub/plan/{TODAY}/tours/{rider}"), "Stops in their order")) >= 1
    sheets = manager.get(f"/hub/plan/{TODAY}/run-sheets.pdf")
    assert sheets.status_code == 200 and sheets.content.startswith(b"%PDF")
    assert seen(manager.send(f"{at}/approve", {"edits": "0"}, "/hub/plan"), 409)


def test_a_stop_is_moved_only_after_its_price_was_said(manager: Browser, parcels: list[str]) -> None:
    at = drafted(manager)
    (here,) = set(re.findall(rf'href="{at}/tours/([^"]+)"', manager.read(at)))
    there = ({RIDER, OTHER} - {here}).pop()
    stop = f"{at}/stops/{parcels[0]}"
    prices = rows(manager.read(stop), "What each rider would cost")
    assert any(there in row and "km more" in row and "stays at the office now" in row for row in prices)
    assert "km more" in manager.read(f"{stop}?rider={there}&place=১")
    assert "that is no place in a tour" in manager.get(f"{stop}?rider={there}&place=zero").text.lower()
    moved = gone(manager.send(stop, {"rider": there, "place": "1", "edits": "0"}, stop))
    assert moved.startswith(f"{at}/tours/{there}?said=")
    assert "Changed by hand: 1." in manager.read(at)
    late = seen(manager.send(stop, {"rider": here, "place": "1", "edits": "0"}, stop), 422)
    assert "somebody else has changed this draft" in late.lower()


def test_two_plans_are_compared(manager: Browser, parcels: list[str]) -> None:
    drafted(manager, RIDER)
    table = rows(manager.read(f"/hub/plan/compare?on={TODAY}"), "Compare two plans")
    assert [row.split()[0] for row in table][:3] == ["Riders", "Stops", "Parcels"]
    assert "no two plans" in manager.read("/hub/plan/compare?on=2026-12-24")


def test_what_was_typed_stays_when_a_draft_cannot_be(manager: Browser, parcels: list[str]) -> None:
    nobody = {key: value for key, value in wish(manager, leave="13:45").items() if not key.startswith("pick_")}
    refused = seen(manager.send("/hub/plan", nobody, "/hub/plan"), 422)
    assert "Nobody may ride" in refused and 'value="13:45"' in refused
    late = seen(manager.send("/hub/plan", wish(manager, leave="19:30"), "/hub/plan"), 422)
    assert "riders' day is over" in late
    assert manager.send("/hub/plan", wish(manager), "/hub/plan", key="of another site").status_code == 403


def test_a_draft_being_made_shows_itself_by_itself(api: Api, manager: Browser, parcels: list[str]) -> None:
    wanted = Wish(
        draft_id=uuid4(),
        service_on=api.at.date(),
        method=Method.ANEW,
        riders=[RIDER],
        leave_at=api.at,
        seconds=3,
    )
    with api.engine.database.transaction() as connection:
        begin_draft(connection, api.engine.facts, Postcode("1216"), wanted, "somebody", api.at)
    waiting = manager.get(f"/hub/plan/drafts/{wanted.draft_id}")
    assert waiting.headers["refresh"] == f"1; url=/hub/plan/drafts/{wanted.draft_id}" and "<progress" in waiting.text
    again = seen(manager.send("/hub/plan", wish(manager), "/hub/plan"), 422)
    assert "A plan is being made already" in again
    api.at += timedelta(minutes=2)
    try:
        assert "The search was interrupted" in manager.read(f"/hub/plan/drafts/{wanted.draft_id}")
        assert "could not be made" in manager.read("/hub/plan")
        drafted(manager)
    finally:
        api.at -= timedelta(minutes=2)
        search_draft(api.engine.database, api.engine.facts, Postcode("1216"), wanted.draft_id)


def test_what_has_left_cannot_be_approved_and_what_came_is_said(
    api: Api, manager: Browser, parcels: list[str], shop: str
) -> None:
    at = drafted(manager, RIDER)
    new = api.item(shop, "H-99")
    api.at_the_office(new)
    assert "Parcels that have come since and are not in it: 1." in manager.read(at)
    api.scans(api.scan(parcels[1], "out_for_delivery", holder=f"rider:{OTHER}"))
    assert "have left the office since: 1." in manager.read(at)
    assert "have left the office" in seen(manager.send(f"{at}/approve", {"edits": "0"}, "/hub/plan"), 409)
    assert f'href="/hub/things/{parcels[1]}"' in manager.read(f"/hub/things?group=out&holder=rider:{OTHER}")
    assert f'href="/hub/things/{parcels[1]}"' not in manager.read(f"/hub/things?group=out&holder=rider:{RIDER}")


def test_an_exception_is_taken_on_and_closed_with_what_was_found(api: Api, manager: Browser, shop: str) -> None:
    item = api.item(shop, "H-50")
    api.at_the_office(item)
    api.scans(api.scan(item, "attempt_failed", holder="rider:1230-R01", reason="no_answer"))
    listed = manager.read("/hub/exceptions?kind=misfit&owner=-")
    case = re.findall(r'href="(/hub/exceptions/\d+)"', listed)[-1]
    assert "Nobody yet" in manager.read(case)
    assert gone(manager.send(f"{case}/take", {}, case)).startswith(case)
    assert "took it on" in manager.read(case)
    assert seen(manager.send(f"{case}/close", {"note": " "}, case), 422)
    assert gone(manager.send(f"{case}/close", {"note": "Scanned by mistake."}, case)).startswith("/hub/exceptions")
    assert "Scanned by mistake." in manager.read(case)
    assert manager.get("/hub/exceptions/999999999").status_code == 404


def test_the_day_is_reported_and_can_be_taken_along(api: Api, manager: Browser, parcels: list[str]) -> None:
    report = manager.read("/hub/day")
    assert any(row.startswith("Arrived for delivery") for row in rows(report, "What was scanned"))
    table = manager.get(f"/hub/day/{TODAY}/riders.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.text.startswith("rider,taken_out,handed_over")
    assert "No rider was out." in manager.read("/hub/day?on=2026-11-01")
    assert manager.get("/hub/day?on=2026-11-32").status_code == 422


def test_another_offices_drafts_and_days_are_not_there(api: Api, manager: Browser, parcels: list[str]) -> None:
    at = drafted(manager, RIDER)
    stranger = Browser(api, "", role=Role.MANAGER, office="1000")
    assert stranger.get(at).status_code == 404
    assert stranger.get(f"{at}/stops/{parcels[0]}").status_code == 404
    assert stranger.send(f"{at}/approve", {"edits": "0"}, "/hub/plan").status_code == 404
    assert parcels[0] not in stranger.read("/hub/things?group=waiting")
    assert parcels[0] not in stranger.read(f"/hub/things?group=out&holder=rider:{RIDER}")
