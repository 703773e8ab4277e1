"""The pages of a shop, without a browser: what they answer, for whom, and what a form leaves behind."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from httpx2 import Response

from api.pages.shell import SESSION
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.units import MerchantId
from tests.api.client import Api, taken

_DRAW = Random(7)
_WHOLE = {
    "draft": "P-0001",
    "recipient_name": "Rahima Khatun",
    "recipient_phone": "01712345678",
    "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "weight_kg": "১.৫",
    "cod_taka": "১,২৫০",
}


class Browser:
    """Somebody of a shop, signed in, who reads pages and sends forms."""

    def __init__(
        self, api: Api, merchant: str, language: str = "en", role: Role = Role.MERCHANT, office: str = "1216"
    ) -> None:
        self.api, self.merchant, self.language = api, merchant, language
        person, engine = f"p{_DRAW.getrandbits(40):x}", api.engine
        place = (
            Place(merchant_id=MerchantId(merchant)) if merchant else Place(office=engine.facts.offices[office].postcode)
        )
        with engine.database.transaction() as connection:
            take_on(connection, _DRAW, person, "Somebody", "post", api.at)
            give_role(connection, engine.facts, person, role, place, "post", api.at)
            made = make_key(
                connection,
                _DRAW,
                api.at,
                kind=KeyKind.SESSION,
                name="",
                by=person,
                person_id=person,
                place=place,
                good_for=timedelta(days=1),
            )
        self.cookie = {"Cookie": f"{SESSION}={made.halves.text}; language={language}"}

    def get(self, path: str) -> Response:
        """The answer to a page asked for."""
        return self.api.client.get(path, headers=self.cookie)

    def read(self, path: str) -> str:
        """The text of a page that is there."""
        return seen(self.get(path))

    def send(self, path: str, form: dict[str, str], page: str = "/shop/book", key: str | None = None) -> Response:
        """The answer to a form, with the key that the page gives it."""
        (found, *_) = re.findall(r'name="form_key" value="([^"]*)"', self.get(page).text)
        return self.api.client.post(path, data=form | {"form_key": found if key is None else key}, headers=self.cookie)


def seen(answer: Response, status: int = 200) -> str:
    """The text of a page."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return unescape(answer.text)


def gone(answer: Response) -> str:
    """Where a form led to."""
    assert answer.status_code == 303, f"{answer.status_code}: {unescape(answer.text)[:3000]}"
    return str(answer.headers["location"])


@pytest.fixture(scope="module")
def shop(api: Api) -> str:
    """A shop."""
    return api.shop()


@pytest.fixture(scope="module")
def browser(api: Api, shop: str) -> Browser:
    """Somebody of that shop."""
    return Browser(api, shop)


@pytest.fixture(scope="module")
def in_bangla(api: Api, shop: str) -> Iterator[Browser]:
    """Somebody of that shop who reads Bangla."""
    yield Browser(api, shop, "bn")


def test_nobody_sees_a_shop_without_signing_in(api: Api) -> None:
    answer = api.client.get("/shop/orders")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/shop/orders"


def test_the_pages_of_a_shop_are_not_for_staff(api: Api) -> None:
    assert Browser(api, "", role=Role.COUNTER).get("/shop").status_code == 403


def test_an_empty_shop_is_told_how_to_begin(api: Api) -> None:
    begun = Browser(api, api.shop())
    assert "Nothing is booked yet" in begun.read("/shop")
    assert "Nothing is booked yet" in begun.read("/shop/orders")


def test_a_parcel_is_checked_and_then_booked_once_however_often_the_form_is_sent(browser: Browser) -> None:
    checked = seen(browser.send("/shop/book", _WHOLE | {"do": "check"}))
    assert "Mirpur" in checked and "It costs" in checked and "Rahima Khatun" in checked
    first = gone(browser.send("/shop/book", _WHOLE | {"do": "book"}))
    again = gone(browser.send("/shop/book", _WHOLE | {"do": "book"}))
    assert first == again and first.startswith("/shop/orders/")
    order = browser.read(first)
    assert "Tk 1,250.00" in order and "1.5 kg" in order and "Booked." in order
    assert parse_qs(urlsplit(first).query)["said"] == ["Booked. Print the label and stick it on."]


def test_a_check_books_nothing(api: Api) -> None:
    checker = Browser(api, api.shop())
    seen(checker.send("/shop/book", _WHOLE | {"do": "check"}))
    assert taken(api.get("/v1/consignments", merchant=checker.merchant))["consignments"] == []


def test_what_is_wrong_stands_beside_its_field_with_what_was_typed(browser: Browser) -> None:
    wrong = _WHOLE | {"recipient_phone": "12", "weight_kg": "heavy", "draft": "P-9", "do": "book"}
    form = seen(browser.send("/shop/book", wrong), 422)
    assert 'id="recipient_phone-error"' in form and 'id="weight_kg-error"' in form
    assert 'value="heavy"' in form and 'value="Rahima Khatun"' in form


def test_an_address_that_is_not_sure_is_asked_once_and_the_choice_books_it(browser: Browser) -> None:
    vague = _WHOLE | {"recipient_address": "Kazi bari, Mirpur", "draft": "P-7", "do": "book"}
    asked = seen(browser.send("/shop/book", vague | {"recipient_address": "Dhaka, near the big mosque"}), 422)
    assert "<legend>Which" in asked
    choices = re.findall(r'name="recipient_postcode" value="(\d{4})"', asked)
    chosen = vague | {"recipient_address": "Dhaka, near the big mosque", "recipient_postcode": (choices or ["1216"])[0]}
    assert gone(browser.send("/shop/book", chosen)).startswith("/shop/orders/")


def test_looking_while_typing_tells_the_office_and_keeps_nothing(browser: Browser) -> None:
    part = seen(browser.send("/shop/book/look", {"recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216"}))
    assert "Mirpur" in part and "It costs" not in part and "<html" not in part
    with browser.api.engine.database.transaction() as connection:
        found = connection.exec_driver_sql("select count(*) from audit where operation = 'page_shop_look'").scalar()
    assert found == 0


def test_a_form_of_another_session_is_refused(browser: Browser) -> None:
    assert browser.send("/shop/book", _WHOLE | {"do": "book"}, key="0" * 32).status_code == 403


def test_orders_are_found_by_reference_number_state_and_day(api: Api, browser: Browser) -> None:
    item = api.item(browser.merchant, "FIND-1")
    found = browser.read("/shop/orders?ref=FIND-1")
    assert item in found and "P-0001" not in found
    assert gone(browser.get(f"/shop/orders?ref={item.lower()}")) == f"/shop/orders/{item}"
    assert item in browser.read("/shop/orders?state=booked&from_on=2026-11-22&to_on=২০২৬-১১-২২")
    assert "No order is like that" in browser.read("/shop/orders?state=returned")
    assert browser.get("/shop/orders?from_on=yesterday").status_code == 422


def test_another_shops_order_is_not_there(api: Api, browser: Browser) -> None:
    stranger = api.item(api.shop(), "THEIRS-1")
    assert browser.get(f"/shop/orders/{stranger}").status_code == 404
    assert browser.get(f"/shop/orders/{stranger}/label.pdf").status_code == 404
    for path in ("labels", "decisions"):
        form = {f"pick_{stranger}": "on", "decision": "cancel", "sure": "yes"}
        assert browser.send(f"/shop/orders/{path}", form).status_code == 404
    priced = browser.send(f"/shop/orders/{stranger}/price", {"price_taka": "1", "change_id": str(uuid4())})
    assert priced.status_code == 404


@pytest.mark.parametrize(("paper", "begins"), [("a6", b"%PDF"), ("sheet", b"%PDF"), ("zpl", b"^XA")])
def test_the_labels_of_the_picked_orders_come_as_one_file(
    api: Api, browser: Browser, paper: str, begins: bytes
) -> None:
    items = [api.item(browser.merchant, f"LABEL-{n}") for n in range(2)]
    form = {f"pick_{item}": "on" for item in items} | {"paper": paper}
    answer = browser.send("/shop/orders/labels", form)
    assert answer.status_code == 200 and answer.content.startswith(begins)
    assert browser.send("/shop/orders/labels", {"paper": paper}).status_code == 422


def test_orders_are_cancelled_after_a_question_and_what_the_post_has_is_told(api: Api, browser: Browser) -> None:
    booked, taken_in = api.item(browser.merchant, "CANCEL-1"), api.item(browser.merchant, "CANCEL-2")
    api.at_the_office(taken_in)
    form = {f"pick_{booked}": "on", f"pick_{taken_in}": "on", "decision": "cancel"}
    assert "Cancel these bookings?" in seen(browser.send("/shop/orders/decisions", form))
    assert taken(api.get(f"/v1/tracking/{booked}"))["state"] == "booked"
    told = seen(browser.send("/shop/orders/decisions", form | {"sure": "yes"}), 409)
    assert "1 of 2 are done." in told and "CANCEL-2" in told
    assert taken(api.get(f"/v1/tracking/{booked}"))["state"] == "cancelled"
    back = browser.send("/shop/orders/decisions", {f"pick_{taken_in}": "on", "decision": "return", "sure": "yes"})
    assert gone(back).startswith(f"/shop/orders/{taken_in}")


def test_a_new_price_is_in_force_at_once_and_a_wrong_one_is_told(api: Api, browser: Browser) -> None:
    item = api.item(browser.merchant, "PRICE-1")
    (change,) = re.findall(r'name="change_id" value="([^"]+)"', browser.read(f"/shop/orders/{item}"))
    form = {"change_id": change, "price_taka": "৮০০", "why": "dented"}
    for _ in range(2):
        gone(browser.send(f"/shop/orders/{item}/price", form))
    assert "Tk 800.00" in browser.read(f"/shop/orders/{item}")
    assert "no amount" in seen(browser.send(f"/shop/orders/{item}/price", form | {"price_taka": "much"}), 422)


def test_pages_are_in_bangla_for_whoever_reads_it(api: Api, in_bangla: Browser) -> None:
    item = api.item(in_bangla.merchant, "BANGLA-1")
    order = in_bangla.read(f"/shop/orders/{item}")
    assert "প্রাপক" in order and "৳১,০০০.০০" in order
    assert "পার্সেল বুক করুন" in in_bangla.read("/shop/book")


# A file

_HEADER = "order_ref,recipient_name,recipient_phone,recipient_address,weight_kg,cod_taka"
_GOOD = 'F-1,Karim,01811111111,"House 9, Road 2, Dhanmondi, Dhaka 1209",1,500'
_WRONG = 'F-2,রহিমা,12,"House 5, Road 3, Mirpur-10, Dhaka 1216",১.৫,'


def hidden(text: str, name: str) -> str:
    """What a hidden field of a page carries."""
    value, *_ = re.findall(rf'name="{name}" value="([^"]*)"', text)
    return unescape(str(value))


def test_a_file_is_looked_at_put_right_in_the_table_and_booked_once(api: Api) -> None:
    sender = Browser(api, api.shop())
    key = hidden(sender.get("/shop/files").text, "form_key")
    content = "\n".join([_HEADER, _GOOD, _WRONG]).encode()
    files = {"file": ("orders.csv", content, "text/csv")}
    first = api.client.post("/shop/files", data={"form_key": key}, files=files, headers=sender.cookie)
    looked = seen(first)
    assert 'name="r2_recipient_phone" value="12"' in looked and "F-1" in looked
    assert taken(api.get("/v1/consignments", merchant=sender.merchant))["consignments"] == []

    form = {"form_key": key, "rows": hidden(first.text, "rows"), "do": "book"}
    part = api.client.post("/shop/files/rows", data=form, headers=sender.cookie)
    assert "F-1" in seen(part) and "F-2" in seen(part)
    booked = [one["order_ref"] for one in taken(api.get("/v1/consignments", merchant=sender.merchant))["consignments"]]
    assert booked == ["F-1"]

    right = {"form_key": key, "rows": hidden(part.text, "rows"), "r2_recipient_phone": "০১৭১২৩৪৫৬৭৮", "do": "book"}
    for _ in range(2):
        assert gone(api.client.post("/shop/files/rows", data=right, headers=sender.cookie)).startswith("/shop/orders")
    booked = [one["order_ref"] for one in taken(api.get("/v1/consignments", merchant=sender.merchant))["consignments"]]
    assert sorted(booked) == ["F-1", "F-2"]


def test_a_file_that_is_none_is_told_and_a_large_one_is_taken_on(api: Api) -> None:
    sender = Browser(api, api.shop())
    key = hidden(sender.get("/shop/files").text, "form_key")

    def sent(content: bytes) -> Response:
        files = {"file": ("orders.csv", content, "text/csv")}
        return api.client.post("/shop/files", data={"form_key": key}, files=files, headers=sender.cookie)

    assert "That did not work" in seen(sent(b"nothing of the kind"), 422)
    assert api.client.post("/shop/files", data={"form_key": key}, headers=sender.cookie).status_code == 422
    many = "\n".join([_HEADER, *(_GOOD.replace("F-1", f"L-{n}") for n in range(201))])
    job = gone(sent(many.encode())).partition("?")[0]
    assert "orders.csv" in sender.read(job) and "orders.csv" in sender.read("/shop/files")
    assert Browser(api, api.shop()).get(job).status_code == 404


@pytest.mark.parametrize("rows", ["", "[]", '{"x": {}}', '{"1": 5}', "null"])
def test_rows_that_did_not_come_back_whole_are_refused(browser: Browser, rows: str) -> None:
    assert browser.send("/shop/files/rows", {"rows": rows, "do": "book"}).status_code == 422


# Pickups, questions, money


def test_a_pickup_is_asked_for_once_and_a_window_that_is_over_is_told(api: Api) -> None:
    asker = Browser(api, api.shop())
    window = {"draft": "PK-1", "on": "2026-11-22", "from_hour": "১০:০০", "until_hour": "14:00"}
    assert "no parcel waits" in seen(asker.send("/shop/pickups", window), 422).lower()
    api.item(asker.merchant, "PICK-1")
    for _ in range(2):
        gone(asker.send("/shop/pickups", window))
    assert asker.read("/shop/pickups").count("10:00–14:00") == 1
    over = seen(asker.send("/shop/pickups", window | {"on": "2026-11-20", "draft": "PK-2"}), 422)
    assert "That did not work" in over and 'value="2026-11-20"' in over
    assert asker.send("/shop/pickups", window | {"on": "soon"}).status_code == 422


def test_another_price_waits_for_the_shop_and_is_agreed_by_a_button(api: Api) -> None:
    decider = Browser(api, api.shop())
    item = api.item(decider.merchant)
    api.with_rider(item, "1216-R05")
    body = {"change_id": str(uuid4()), "price_poisha": 80_000, "why": "a dent", "by": "clerk"}
    taken(api.post(f"/v1/items/{item}/prices", body, office="1216"), 201)
    assert "a dent" in decider.read("/shop/waiting")
    path = f"/shop/waiting/prices/{body['change_id']}"
    assert "That did not work" in seen(Browser(api, api.shop()).send(path, {"decision": "yes"}), 422)
    assert gone(decider.send(path, {"decision": "yes"})).startswith("/shop/waiting")
    assert "Nothing waits for you." in decider.read("/shop/waiting")


def test_the_money_is_where_the_rider_is_in_words_figures_and_a_picture(api: Api) -> None:
    owner = Browser(api, api.shop())
    assert "Nothing has been collected" in owner.read("/shop/money")
    item = api.item(owner.merchant)
    api.with_rider(item, "1216-R06")
    api.at += timedelta(minutes=1)
    api.claims(api.scan(item, "delivered_claimed", holder="rider:1216-R06", collected_poisha=100_000))
    money = owner.read("/shop/money")
    assert "With riders" in money and "Tk 1,000.00" in money and "to be handed in today" in money
    assert item in owner.read("/shop/money/parcels?stage=rider")
    assert "No money is there." in owner.read("/shop/money/parcels?stage=paid")
    assert money.count('<svg class="bar"') == 1 and '<rect width="100.0"' in money
    assert "Tk 1,000.00" in owner.read(f"/shop/orders/{item}")


def test_the_statement_adds_up_and_comes_as_files_and_a_strangers_advice_is_not_there(browser: Browser) -> None:
    assert "Owed to you at last" in browser.read("/shop/money/statement")
    days = "from_on=2026-11-01&to_on=2026-11-22"
    assert browser.get(f"/shop/money/statement.pdf?{days}").content.startswith(b"%PDF")
    assert "closing" in browser.get(f"/shop/money/statement.csv?{days}").text
    assert seen(browser.get("/shop/money/statement?from_on=2026-11-20&to_on=2026-11-01"), 422)
    assert browser.get("/shop/money/advices/somebody-2026-11-22").status_code == 404


# Claims, webhooks, keys, people, stores


def test_a_claim_is_made_and_withdrawn_and_a_strangers_is_not_there(api: Api) -> None:
    claimant = Browser(api, api.shop())
    item = api.item(claimant.merchant)
    api.at_the_office(item)
    form = {"item_number": item, "kind": "damage", "claimed_taka": "৩০০", "said": "broken"}
    assert "That did not work" in seen(claimant.send("/shop/claims", form | {"claimed_taka": "lots"}), 422)
    path = gone(claimant.send("/shop/claims", form)).partition("?")[0]
    assert "Tk 300.00" in claimant.read(path)
    assert Browser(api, api.shop()).get(path).status_code == 404
    gone(claimant.send(path, {"do": "withdraw", "note": "it was mended"}))
    assert "it was mended" in claimant.read(path)
    assert path in claimant.read("/shop/claims?standing=closed") and path not in claimant.read("/shop/claims")


def test_an_endpoint_shows_its_secret_once_and_is_tried_and_removed(api: Api) -> None:
    owner = Browser(api, api.shop())
    made = seen(owner.send("/shop/webhooks", {"url": "https://shop.example/hooks", "dialect": "native"}))
    assert "whsec_" in made and "whsec_" not in owner.read("/shop/webhooks")
    assert "That did not work" in seen(owner.send("/shop/webhooks", {"url": "ftp://x"}), 422)
    (path,) = set(re.findall(r'href="(/shop/webhooks/[^"]+)"', owner.read("/shop/webhooks")))
    gone(owner.send(f"{path}/ping", {}))
    log = owner.read(path)
    assert "ping" in log
    (again,) = set(re.findall(r'action="([^"]+/messages/[^"]+)"', log))
    gone(owner.send(again, {}))
    stranger = Browser(api, api.shop())
    assert stranger.get(path).status_code == 404 and stranger.send(f"{path}/remove", {}).status_code == 404
    gone(owner.send(f"{path}/remove", {}))
    assert owner.get(path).status_code == 404


def test_a_key_is_shown_once_works_and_ends(api: Api) -> None:
    owner = Browser(api, api.shop())
    (key,) = re.findall(
        r"<code>(pl_[^<]+)</code></p></div>", seen(owner.send("/shop/access/keys", {"key_name": "web shop"}))
    )

    def asked() -> int:
        return api.client.get("/v1/consignments", headers={"Authorization": f"Bearer {key}"}).status_code

    assert asked() == 200 and key not in owner.read("/shop/access")
    (path,) = set(re.findall(r'action="(/shop/access/keys/pl_[^"]+)"', owner.read("/shop/access")))
    assert Browser(api, api.shop()).send(path, {"do": "retire"}).status_code == 404
    gone(owner.send(path, {"do": "retire"}))
    assert asked() == 401
    assert 'id="key_name-error"' in seen(owner.send("/shop/access/keys", {"key_name": " "}), 422)


def test_people_and_stores_come_and_go(api: Api) -> None:
    owner = Browser(api, api.shop())
    name = f"k{_DRAW.getrandbits(40):x}"
    assert "The first password" in seen(owner.send("/shop/access/people", {"person_id": name, "name": "Karim"}))
    assert 'id="person_id-error"' in seen(owner.send("/shop/access/people", {"person_id": name, "name": "K"}), 422)
    gone(owner.send(f"/shop/access/people/{name}", {}))
    assert name not in owner.read("/shop/access")
    store = {"store_name": "Mirpur", "address": "Shop 3, Mirpur-10, Dhaka 1216", "contact_phone": ""}
    gone(owner.send("/shop/access/stores", store))
    (path,) = set(re.findall(r'action="(/shop/access/stores/\d+)"', owner.read("/shop/access")))
    assert "Mirpur" in owner.read("/shop/book")
    gone(owner.send(path, {}))
    assert path not in owner.read("/shop/access")
    assert 'id="store_name-error"' in seen(owner.send("/shop/access/stores", store | {"address": "nowhere"}), 422)


_PAGES = (
    "",
    "/orders",
    "/book",
    "/files",
    "/pickups",
    "/waiting",
    "/money",
    "/money/parcels",
    "/money/statement",
    "/claims",
    "/connections",
    "/webhooks",
    "/access",
)


@pytest.mark.parametrize("path", _PAGES)
def test_every_page_is_there_in_both_languages_and_leads_only_to_pages_that_are(
    browser: Browser, in_bangla: Browser, path: str
) -> None:
    english, bangla = browser.read(f"/shop{path}"), in_bangla.read(f"/shop{path}")
    assert 'lang="en"' in english and 'lang="bn"' in bangla
    main = re.sub(r"<[^>]+>", " ", bangla.partition("<main")[2].partition("</main>")[0])
    assert re.search("[\u0980-\u09ff]", main)


def test_every_link_of_the_menu_leads_somewhere(browser: Browser) -> None:
    menu = browser.read("/shop").partition("<main")[2].partition("</nav>")[0]
    links: list[Any] = re.findall(r'href="([^"]+)"', menu)
    assert len(links) > 8
    assert {browser.get(link).status_code for link in links} == {200}
