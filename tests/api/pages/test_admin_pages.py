"""The pages of the administration, without a browser: what they show, whom they let, and what a form leaves behind."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from httpx2 import Response

from api.pages.admin.facts import ABOUT
from api.pages.shell import SESSION
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import AT_AN_OFFICE, Place, Role
from post_logistics.operations.access.auditing import AuditProof, seal_audit
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.operations.keeping.fact_files import FILES
from post_logistics.storage.access.audit import Act, append_act
from post_logistics.units import Postcode
from tests.api.client import Api, taken
from tests.api.compat.shops import open_shop

DATA = Path(__file__).resolve().parents[3] / "data"
_DRAW = Random(17)
_HOLDERS = {Role.RIDER: "1216-R01", Role.AGENT: "dc-1216-01"}
_PAGES = (
    "/admin",
    "/admin/offices",
    "/admin/offices?which=all",
    "/admin/offices/1216",
    "/admin/offices/3100",
    "/admin/tariffs",
    "/admin/tariffs/effect",
    "/admin/facts",
    "/admin/facts/tariffs.toml",
    "/admin/facts/post_offices.csv",
    "/admin/people",
    "/admin/newcomer",
    "/admin/keys",
    "/admin/devices",
    "/admin/agents",
    "/admin/shops",
    "/admin/audit",
    "/admin/audit/proof",
    "/admin/health",
)


class Browser:
    """Somebody signed in, who reads pages and sends forms."""

    def __init__(self, api: Api, role: Role = Role.ADMINISTRATOR, language: str = "en") -> None:
        self.api, self.person = api, f"p{_DRAW.getrandbits(40):x}"
        place = Place(office=Postcode("1216")) if role in AT_AN_OFFICE else Place()
        with api.engine.database.transaction() as connection:
            take_on(connection, _DRAW, self.person, "Somebody", "post", api.at)
            holder = _HOLDERS.get(role, "")
            give_role(connection, api.engine.facts, self.person, role, place, "post", api.at, holder)
            made = make_key(
                connection,
                _DRAW,
                api.at,
                kind=KeyKind.SESSION,
                name="",
                by=self.person,
                person_id=self.person,
                place=place,
                good_for=timedelta(days=1),
                second_factor=True,
            )
        self.cookie = {"Cookie": f"{SESSION}={made.halves.text}; language={language}"}

    def get(self, path: str) -> Response:
        """The answer to a page asked for."""
        return self.api.client.get(path, headers=self.cookie)

    def read(self, path: str) -> str:
        """The text of a page that is there."""
        return seen(self.get(path))

    def send(self, path: str, form: dict[str, str], **more: Any) -> Response:
        """The answer to a form, with the key of the session."""
        (key, *_) = re.findall(r'name="form_key" value="([^"]*)"', self.get("/account").text)
        return self.api.client.post(path, data=form | {"form_key": key}, headers=self.cookie, **more)


def seen(answer: Response, status: int = 200) -> str:
    """The text of a page."""
    assert answer.status_code == status, f"{answer.status_code}: {unescape(answer.text)[:3000]}"
    return unescape(answer.text)


def gone(answer: Response) -> str:
    """Where a form led to."""
    assert answer.status_code == 303, f"{answer.status_code}: {unescape(answer.text)[:3000]}"
    return str(answer.headers["location"])


def beside(page: str, field: str) -> str:
    """What is said beside a field."""
    found = re.search(rf'id="{field}-error">([^<]*)<', page)
    return found.group(1) if found else ""


@pytest.fixture(scope="module")
def browser(api: Api) -> Browser:
    """An administrator."""
    return Browser(api)


@pytest.fixture(scope="module")
def auditor(api: Api) -> Browser:
    """An auditor."""
    return Browser(api, Role.AUDITOR)


@pytest.fixture(scope="module")
def in_bangla(api: Api) -> Browser:
    """An administrator who reads Bangla."""
    return Browser(api, language="bn")


# Who may


@pytest.mark.parametrize("path", _PAGES)
def test_every_page_is_there_in_both_languages_for_administrators_and_auditors(
    browser: Browser, in_bangla: Browser, auditor: Browser, path: str
) -> None:
    english, bangla = browser.read(path), in_bangla.read(path)
    assert 'lang="en"' in english and 'lang="bn"' in bangla
    auditors = auditor.read(path).partition("<main")[2]
    assert 'method="post"' not in auditors


@pytest.mark.parametrize("role", [Role.COUNTER, Role.MANAGER, Role.RIDER, Role.AGENT, Role.FINANCE])
def test_the_administration_is_for_nobody_else(api: Api, role: Role) -> None:
    other = Browser(api, role)
    assert {other.get(path).status_code for path in ("/admin", "/admin/people", "/admin/audit")} == {403}


def test_an_auditor_changes_nothing(auditor: Browser) -> None:
    form = {"name": "X", "role": "counter", "place": "1216"}
    for path in ("/admin/newcomer", "/admin/keys", "/admin/shops", f"/admin/people/{auditor.person}/roles"):
        assert auditor.send(path, form).status_code == 403


def test_every_link_of_the_menu_leads_somewhere(browser: Browser) -> None:
    menu = browser.read("/admin").partition("<main")[2].partition("</nav>")[0]
    links = re.findall(r'href="([^"]+)"', menu)
    assert len(links) == 11
    assert {browser.get(link).status_code for link in links} == {200}


# Offices


def test_an_office_shows_its_area_its_people_and_its_legs(api: Api, browser: Browser) -> None:
    office = browser.read("/admin/offices/1216")
    assert "Mirpur" in office and 'class="way area"' in office and "1216-R01" in office and "Legs" in office
    assert 'class="way area"' in browser.read("/admin/offices")
    assert browser.get("/admin/offices/9999").status_code == 404
    assert "Mirpur" in browser.read(f"/admin/offices?words={quote('১২১৬')}")
    assert "No office is like that." in browser.read("/admin/offices?words=atlantis")


def test_the_offices_of_the_country_come_page_by_page(browser: Browser) -> None:
    first = browser.read("/admin/offices?which=all")
    (more,) = re.findall(r'href="(\?[^"]*after=[^"]*)"', first)
    second = browser.read(f"/admin/offices{more}")
    codes = [set(re.findall(r'href="/admin/offices/(\d{4})"', text)) for text in (first, second)]
    assert len(codes[0]) == len(codes[1]) == 50 and not codes[0] & codes[1]


# Tariffs and facts


def test_a_quote_is_reckoned_with_bangla_digits_too(browser: Browser) -> None:
    asked = f"/admin/tariffs?service=speed_post_parcel&weight_kg={quote('১.৫')}&cod_taka=1,250&on=2026-11-22"
    quoted = browser.read(asked)
    assert "Tk 15.00" in quoted and "Tk 12.50" in quoted and "Tk 31.63" in quoted
    assert beside(seen(browser.get("/admin/tariffs?weight_kg=heavy"), 422), "weight_kg")
    assert beside(seen(browser.get("/admin/tariffs?weight_kg=21"), 422), "weight_kg")
    assert beside(seen(browser.get("/admin/tariffs?weight_kg=1&on=soon"), 422), "on")
    assert "has no service" in seen(browser.get("/admin/tariffs?weight_kg=1&service=drone"), 422)
    assert browser.get("/admin/tariffs?version=never").status_code == 404


def test_a_file_is_shown_searched_and_fetched(browser: Browser) -> None:
    assert "New Market" in browser.read("/admin/facts/post_offices.csv?words=1205")
    assert browser.get("/admin/facts/tariffs.toml/file").content == (DATA / "tariffs.toml").read_bytes()
    assert browser.get("/admin/facts/secrets.toml").status_code == 404
    assert browser.get("/admin/facts/..%2Fpyproject.toml").status_code in {404, 422}
    assert "No row is like that." in browser.read("/admin/facts/fleet.toml?words=zeppelin")


def check(browser: Browser, name: str, text: str | bytes) -> Response:
    return browser.send(f"/admin/facts/{name}/check", {}, files={"file": (name, text)})


def test_a_new_tariff_is_told_row_by_row_with_what_it_does_to_last_weeks_parcels(api: Api, browser: Browser) -> None:
    shop = api.shop()
    for n in range(3):
        api.item(shop, f"T-{n}", weight_g=1_000, cod_poisha=0)
    api.at += timedelta(hours=1)
    text = (DATA / "tariffs.toml").read_text(encoding="utf-8")
    block = text[text.rindex("[[version]]") :].replace("2025-04-01", "2027-01-01")
    changed = text + "\n" + block.replace("step_g = 1_000\nstep_poisha = 5_00", "step_g = 1_000\nstep_poisha = 7_00")
    dearer = changed.replace(
        "first_poisha = 10_00\nstep_g = 1_000\nstep_poisha = 7_00",
        "first_poisha = 12_00\nstep_g = 1_000\nstep_poisha = 7_00",
    )
    page = seen(check(browser, "tariffs.toml", dearer))
    assert "version 2027-01-01.service.speed_post_parcel" in page and "in force" in page
    row = re.search(rf'{shop}</a></td><td class="number">3</td>.*?</tr>', page)
    assert row and row.group(0).count("Tk 34.50") == 1 and "Tk 41.40" in row.group(0) and "+Tk 6.90" in row.group(0)
    assert "A version that has been in force" not in page
    sent = {"content": dearer}
    patch = browser.send("/admin/facts/tariffs.toml/reviewed?do=patch", sent)
    assert patch.text.startswith("--- a/data/tariffs.toml") and "+id = " in patch.text
    assert browser.send("/admin/facts/tariffs.toml/reviewed", sent).text == dearer
    assert (DATA / "tariffs.toml").read_text(encoding="utf-8") == text


def test_a_version_that_has_been_in_force_is_not_changed_in_silence(browser: Browser) -> None:
    text = (DATA / "tariffs.toml").read_text(encoding="utf-8")
    page = seen(check(browser, "tariffs.toml", text.replace("vat_bps = 1500", "vat_bps = 1600", 1)))
    assert "A version that has been in force would be another" in page and "2022-04-24" in page


def test_what_is_wrong_with_a_file_is_told_by_row_and_column(browser: Browser) -> None:
    text = (DATA / "post_offices.csv").read_text(encoding="utf-8")
    wrong = seen(check(browser, "post_offices.csv", text.replace("2016-12-29", "soon", 1)), 422)
    assert "Row 1, column service_from" in beside(wrong, "file")
    for content in (b"", b"\xff\xfe\x00", b"\x00", b"postcode\n1\n", text.replace("1216,", "1999,", 1)):
        assert beside(seen(check(browser, "post_offices.csv", content), 422), "file")
    assert beside(seen(check(browser, "tariffs.toml", "x = = 1"), 422), "file")


def test_an_office_that_closes_gives_its_postcodes_to_others(browser: Browser) -> None:
    text = (DATA / "post_offices.csv").read_text(encoding="utf-8-sig")
    line = next(line for line in text.splitlines() if line.startswith("1215,"))
    closed = ",".join([*line.split(",")[:-3], "no", "", ""])
    page = seen(check(browser, "post_offices.csv", text.replace(line, closed)))
    assert "What it would do to areas" in page and "pilot" in page
    assert re.search(r"<td>1215</td><td>[^<]+</td><td>[^<]+</td>", page)
    assert "Nothing: it is the file that is in use." in seen(check(browser, "post_offices.csv", text))


def test_a_leg_that_is_lost_makes_the_way_longer(browser: Browser) -> None:
    lines = (DATA / "timetable.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("1216-")]
    page = seen(check(browser, "timetable.csv", "\r\n".join(kept)))
    assert "not at all" in page and "pairs of offices" in page


def test_every_file_says_what_it_is_for() -> None:
    assert set(ABOUT) == set(FILES)


# People


def test_somebody_is_taken_on_with_a_paper_that_is_shown_once_and_signs_in_to_choose_a_password(
    api: Api, browser: Browser
) -> None:
    name = f"k{_DRAW.getrandbits(40):x}"
    form = {"person_id": name, "name": "Karim Mia", "role": "counter", "place": "১২১৬"}
    paper = seen(browser.send("/admin/newcomer", form))
    (password,) = re.findall(r'<code class="large">([^<]+)</code>', paper)
    assert "counter clerk" in paper and password not in browser.read(f"/admin/people/{name}")
    signed = api.client.post("/sign-in", data={"person_id": name, "password": password, "next": "/station"})
    assert gone(signed) == "/account"
    cookie = {"Cookie": f"{SESSION}={signed.cookies[SESSION]}; language=en"}
    api.client.cookies.clear()
    assert "Until then no other page opens." in unescape(api.client.get("/account", headers=cookie).text)
    assert gone(api.client.get("/station", headers=cookie)) == "/account"
    assert 'href="/station"' not in api.client.get("/account", headers=cookie).text
    (key, *_) = re.findall(r'name="form_key" value="([^"]*)"', api.client.get("/account", headers=cookie).text)
    scripted = cookie | {"X-Form-Key": key}
    assert api.client.get("/v1/boards/office/1216", headers=scripted).status_code == 403
    new = {"old": password, "new": "notun-kotha-boli", "again": "notun-kotha-boli", "form_key": key}
    gone(api.client.post("/account/password", data=new, headers=cookie))
    again = api.client.post("/sign-in", data={"person_id": name, "password": "notun-kotha-boli", "next": "/station"})
    assert gone(again) == "/station"


def test_what_is_wrong_with_a_newcomer_stands_beside_its_field_and_nobody_is_taken_on(browser: Browser) -> None:
    name = f"k{_DRAW.getrandbits(40):x}"
    whole = {"person_id": name, "name": "Karim", "role": "counter", "place": "1216", "holder": ""}
    for changes, field in (
        ({"place": "9999"}, "place"),
        ({"person_id": "Not A Login!"}, "person_id"),
        ({"person_id": browser.person}, "person_id"),
    ):
        page = seen(browser.send("/admin/newcomer", whole | changes), 422)
        assert beside(page, field), changes
        assert 'value="Karim"' in page
    assert browser.get(f"/admin/people/{name}").status_code == 404


def test_a_role_goes_with_its_place_and_a_rider_or_agent_with_a_name(browser: Browser) -> None:
    path = f"/admin/people/{browser.person}/roles"
    for said, field in (
        ({"role": "counter", "place": ""}, "place"),
        ({"role": "finance", "place": "1216"}, "place"),
        ({"role": "merchant", "place": ""}, "place"),
        ({"role": "merchant", "place": "no-such-shop"}, "place"),
        ({"role": "rider", "place": "1216"}, "holder"),
        ({"role": "rider", "place": "1216", "holder": "1216-R99"}, "holder"),
        ({"role": "agent", "place": "1216", "holder": "dc-nowhere"}, "holder"),
        ({"role": "king", "place": "1216"}, "place"),
    ):
        assert beside(seen(browser.send(path, said), 422), field), said


def test_a_role_is_given_and_taken_and_holds_at_once(api: Api, browser: Browser) -> None:
    clerk = Browser(api, Role.COUNTER)
    path = f"/admin/people/{clerk.person}"
    assert clerk.get("/admin").status_code == 403
    gone(browser.send(f"{path}/roles", {"role": "manager", "place": "1205"}))
    assert "hub manager" in browser.read(path)
    assert clerk.person in browser.read("/admin/people?role=manager&place=1205")
    gone(browser.send(f"{path}/roles/removal", {"role": "counter", "place": "1216"}))
    assert clerk.get("/station").status_code in {303, 403}
    assert browser.send(f"{path}/roles/removal", {"role": "counter", "place": "1216"}).status_code == 404
    assert beside(seen(browser.send(f"{path}/roles", {"role": "manager", "place": "x"}), 422), "place")


def test_somebody_who_leaves_is_out_at_once_and_nobody_does_it_to_themselves(api: Api, browser: Browser) -> None:
    clerk = Browser(api, Role.COUNTER)
    path = f"/admin/people/{clerk.person}"
    assert clerk.get("/station").status_code == 200
    gone(browser.send(f"{path}/dismissal", {}))
    assert clerk.get("/station").status_code == 303
    assert "has left" in browser.read(path) and "Give a role" not in browser.read(path)
    assert clerk.person in browser.read("/admin/people?left=yes") and clerk.person in browser.read("/admin")
    own = f"/admin/people/{browser.person}"
    for do, form in (("dismissal", {}), ("password", {}), ("roles/removal", {"role": "administrator"})):
        assert browser.send(f"{own}/{do}", form).status_code == 409
    assert browser.read("/admin")


def test_a_lost_password_is_replaced_and_ends_every_session(api: Api, browser: Browser) -> None:
    clerk = Browser(api, Role.COUNTER)
    paper = seen(browser.send(f"/admin/people/{clerk.person}/password", {}))
    assert re.search(r'<code class="large">[a-z0-9-]{19}</code>', paper)
    assert clerk.get("/station").status_code == 303
    assert browser.send("/admin/people/nobody/password", {}).status_code == 404


# Keys, devices, agents, shops


def test_a_key_is_made_shown_once_pointed_at_before_it_ends_and_retired(api: Api, browser: Browser) -> None:
    form = {"name": "sorting machine", "role": "counter", "place": "1216", "days": "২০", "only_reads": "yes"}
    (key,) = re.findall(r"<code>(pl_[^<]+)</code></p></div>", seen(browser.send("/admin/keys", form)))
    number = key.rpartition("_")[0]

    def asked() -> int:
        return api.client.get("/v1/boards/office/1216", headers={"Authorization": f"Bearer {key}"}).status_code

    assert asked() == 200 and key not in browser.read("/admin/keys")
    assert number in browser.read("/admin/keys?which=soon") and "sorting machine" in browser.read("/admin")
    renewed = seen(browser.send(f"/admin/keys/{number}", {"do": "renew"}))
    assert "The new key" in renewed
    gone(browser.send(f"/admin/keys/{number}", {"do": "retire"}))
    assert asked() == 401 and number in browser.read("/admin/keys?which=ended")
    assert number not in browser.read("/admin/keys?place=1216")
    for changes, field in (({"days": "many"}, "days"), ({"name": " "}, "name"), ({"place": "9999"}, "new-place")):
        assert beside(seen(browser.send("/admin/keys", form | changes), 422), field)
    assert browser.send("/admin/keys/pl_nobody", {"do": "retire"}).status_code == 404


def test_keys_without_an_end_are_listed_as_such(api: Api, browser: Browser) -> None:
    shop = open_shop(api)
    page = browser.read(f"/admin/keys?place={shop.merchant_id}")
    assert page.count("<tr><td>") == page.count(">never<") > 1


def test_a_device_that_is_lost_is_retired_and_a_quiet_one_is_pointed_at(api: Api, browser: Browser) -> None:
    name = f"phone {_DRAW.getrandbits(40):x}"
    key = {
        "kty": "EC",
        "crv": "P-256",
        "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
        "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
    }
    taken(api.post("/v1/devices", {"device_id": name, "office": "1216", "public_key": key}, office="1216"), 201)
    assert name in browser.read("/admin/devices?place=1216") and name not in browser.read("/admin/devices?which=quiet")
    assert name not in browser.read("/admin/devices?place=1205")
    api.at += timedelta(days=8)
    late = Browser(api)
    assert name in late.read("/admin/devices?which=quiet") and name in late.read("/admin")
    gone(late.send(f"/admin/devices/{quote(name)}", {}))
    assert name in late.read("/admin/devices?which=retired") and name not in late.read("/admin/devices")
    assert late.send("/admin/devices/nothing", {}).status_code == 404
    assert late.get("/admin/devices?place=9999").status_code == 404


def test_an_agents_float_and_cash_are_shown(browser: Browser) -> None:
    agents = browser.read("/admin/agents")
    assert "dc-1216-01" in agents and "Tk " in agents


def test_a_shop_is_registered_found_and_its_first_person_taken_on(browser: Browser) -> None:
    name = f"Shop of {_DRAW.getrandbits(40):x}"
    form = {"name": name, "store_address": "New Market, Dhaka 1205", "payout_account": ""}
    path = gone(browser.send("/admin/shops", form)).partition("?")[0]
    assert gone(browser.send("/admin/shops", form)).startswith(path)
    page = browser.read(path)
    assert name in page and "Nobody of the shop can sign in yet." in page
    (link,) = re.findall(r'href="(/admin/newcomer[^"]+)"', page)
    merchant = parse_qs(urlsplit(link).query)["place"][0]
    person = {"person_id": f"k{_DRAW.getrandbits(40):x}", "name": "Owner", "role": "merchant", "place": merchant}
    assert "A password on paper" in seen(browser.send("/admin/newcomer", person))
    assert person["person_id"] in browser.read(path)
    assert name in browser.read(f"/admin/shops?words={quote(name[-6:])}")
    assert beside(seen(browser.send("/admin/shops", form | {"store_address": "nowhere"}), 422), "store_address")
    assert browser.get("/admin/shops/no-such-shop").status_code == 404


# The audit


def test_the_audit_is_searched_by_who_what_when_and_which_thing(api: Api, browser: Browser, auditor: Browser) -> None:
    clerk = Browser(api, Role.COUNTER)
    gone(browser.send(f"/admin/people/{clerk.person}/dismissal", {}))
    by_thing = auditor.read(f"/admin/audit?about={clerk.person}")
    assert "page_admin_dismissed" in by_thing and browser.person in by_thing
    assert "page_admin_dismissed" in auditor.read(f"/admin/audit?actor={browser.person}&from_on=2026-11-22")
    assert "Nobody did anything like that." in auditor.read(f"/admin/audit?about={clerk.person}&to_on=2026-11-21")
    assert seen(auditor.get("/admin/audit?from_on=yesterday"), 422)
    table = auditor.get(f"/admin/audit/table.csv?about={clerk.person}")
    assert table.headers["content-type"].startswith("text/csv")
    assert [row.split(",")[3] for row in table.text.splitlines()[1:]] == ["page_admin_dismissed"]


def test_the_audit_goes_back_page_by_page(api: Api, auditor: Browser) -> None:
    actor = f"p{_DRAW.getrandbits(40):x}"
    with api.engine.database.transaction() as connection:
        for n in range(60):
            about = [f"thing-{n}"]
            append_act(connection, Act(at=api.at, actor=actor, merchant_id="", office="", operation="try", about=about))
    first = auditor.read(f"/admin/audit?actor={actor}")
    (more,) = re.findall(r'href="(\?[^"]*before=\d+)"', first)
    second = auditor.read(f"/admin/audit{more}")
    assert ">thing-59<" in first and ">thing-9<" not in first
    assert ">thing-9<" in second and ">thing-0<" in second and ">thing-10<" not in second


@pytest.fixture(scope="module")
def sealed(api: Api) -> None:
    """The audit is sealed up to a time before all tests."""
    with api.engine.database.transaction() as connection:
        seal_audit(connection, api.at - timedelta(days=300))


@pytest.mark.usefixtures("sealed")
def test_the_chain_of_the_audit_is_proven(auditor: Browser) -> None:
    assert "Nothing that was sealed has been changed." in auditor.read("/admin/audit/proof")


@pytest.mark.usefixtures("sealed")
def test_an_audit_that_was_changed_is_told(auditor: Browser, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    broken = AuditProof(2, 20, [api.at])
    monkeypatch.setattr("api.pages.admin.audit.prove_audit", lambda _: broken)
    assert "The audit is not what it was" in auditor.read("/admin/audit/proof")


# What all pages share


def test_the_language_of_a_page_after_a_form_is_changed_on_the_page_it_was_on(browser: Browser) -> None:
    form = seen(browser.send("/admin/keys", {"name": "", "role": "counter"}), 422)
    assert 'href="/admin/keys?language=bn"' in form
    person = seen(browser.send(f"/admin/people/{browser.person}/roles", {"role": "manager", "place": "x"}), 422)
    assert f'href="/admin/people/{browser.person}?language=bn"' in person
    lost = browser.api.client.post("/nowhere/at/all", headers=browser.cookie | {"accept": "text/html"})
    assert "There is no such page" in seen(lost, 404)
    looked = browser.read("/admin/audit?actor=somebody&said=x")
    assert 'href="/admin/audit?actor=somebody&language=bn"' in looked


def test_a_mistake_of_ours_is_told_by_a_page(api: Api, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """And programs are told by a problem."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("api.pages.admin.health.examine", broken)
    answer = browser.get("/admin/health")
    assert answer.status_code == 500 and answer.headers["content-type"].startswith("text/html")
    assert "The mistake is ours" in unescape(answer.text) and "a secret" not in answer.text
    monkeypatch.setattr("api.access.load_keys", broken)
    assert api.get("/v1/keys").headers["content-type"] == "application/problem+json"
