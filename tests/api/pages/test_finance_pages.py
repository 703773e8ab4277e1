"""The pages of the finance desk, without a browser: what they answer, for whom, and what a form leaves behind."""

import re
from datetime import timedelta
from html import unescape
from random import Random
from typing import Any

import pytest
from fastapi.routing import APIRoute
from httpx2 import Response

from api.pages.finance import SLICES
from api.pages.finance.closes import _SHOWN, DEBTS
from api.pages.finance.files import LEFT_OUT
from api.pages.finance.lines import PROPOSED
from api.pages.finance.overview import HEAPS, PLACES
from api.pages.finance.overview import STAGES as DAY_STAGES
from api.pages.finance.payouts import STATES, WAITS
from api.pages.finance.reports import REPORTS
from api.pages.finance.statements import COLUMNS
from api.pages.shell import SESSION
from api.pages.words import catalogue
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.terms import Institution
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import give_role, take_on
from post_logistics.operations.money.alarms import watch_money
from post_logistics.operations.money.terms import AccountTold, change_account, check_account
from post_logistics.printing.workbooks import workbook
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.payouts import load_payout
from post_logistics.units import Postcode
from tests.api.client import Api, taken
from tests.api.pages.test_shop_pages import gone, seen
from tests.closes import counted, paid_in
from tests.cod.statements.banks import HEADER, LINES, STATEMENT, table
from tests.operations.money.bank import AT, Bank, deposit
from tests.operations.money.paying import confirmed

_DRAW = Random(9)
PAGES = sorted(
    route.path
    for slice_ in SLICES
    for route in slice_.router.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and "{" not in route.path
)


class Person:
    """Somebody who is signed in, reads pages and sends forms."""

    def __init__(
        self, api: Api, role: Role = Role.FINANCE, language: str = "en", *, second_factor: bool = True
    ) -> None:
        self.api, self.name, engine = api, f"f{_DRAW.getrandbits(40):x}", api.engine
        place = Place(office=Postcode("1216")) if role is Role.COUNTER else Place()
        with engine.database.transaction() as connection:
            take_on(connection, _DRAW, self.name, "Somebody", "post", api.at)
            give_role(connection, engine.facts, self.name, role, place, "post", api.at)
            made = make_key(
                connection,
                _DRAW,
                api.at,
                kind=KeyKind.SESSION,
                name="",
                by=self.name,
                person_id=self.name,
                place=place,
                good_for=timedelta(days=30),
                second_factor=second_factor,
            )
        self.cookie = {"Cookie": f"{SESSION}={made.halves.text}; language={language}"}

    def get(self, path: str) -> Response:
        return self.api.client.get(path, headers=self.cookie)

    def read(self, path: str) -> str:
        return seen(self.get(path))

    def send(self, path: str, form: dict[str, str] | None = None, **options: Any) -> Response:
        (key, *_) = re.findall(r'name="form_key" value="([^"]*)"', self.get("/finance").text)
        return self.api.client.post(path, data=(form or {}) | {"form_key": key}, headers=self.cookie, **options)

    def look(self, body: str | bytes, **form: str) -> Response:
        """The answer to a statement that is sent to be looked at."""
        raw = body.encode() if isinstance(body, str) else body
        return self.send("/finance/statements/look", form, files={"file": ("november.csv", raw, "text/csv")})

    def take(self, looked: Response, do: str = "take", **changed: str) -> Response:
        """The answer to the form of the mapping, with what was changed."""
        return self.send("/finance/statements/take", fields(looked) | changed | {"do": do})


def fields(answer: Response) -> dict[str, str]:
    """What the form of the mapping would send as it stands."""
    text = answer.text
    given = dict(re.findall(r'<input[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"', text))
    for name, options in re.findall(r'<select[^>]*\bname="(\w+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        given[name] = "" if chosen is None else chosen[2] if chosen[1] is None else chosen[1]
    return {name: unescape(value) for name, value in given.items() if name != "form_key"}


@pytest.fixture(scope="module")
def api(api: Api) -> Api:
    """The application, once the evening's money is counted."""
    api.at = AT + timedelta(hours=2)
    return api


@pytest.fixture(scope="module")
def rahima(api: Api) -> Person:
    return Person(api)


@pytest.fixture(scope="module")
def karim(api: Api) -> Person:
    """The second pair of eyes."""
    return Person(api)


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_page_helps_in_both_languages(api: Api, rahima: Person, path: str) -> None:
    rahima.read(path)
    seen(api.client.get(path, headers={"Cookie": rahima.cookie["Cookie"].replace("=en", "=bn")}))


def test_the_pages_are_for_the_finance_desk_with_its_second_factor(api: Api, rahima: Person) -> None:
    assert api.client.get("/finance").headers["location"] == "/sign-in?next=/finance"
    assert Person(api, Role.COUNTER).get("/finance").status_code == 403
    assert Person(api, second_factor=False).get("/finance").status_code == 403
    assert rahima.get("/finance").status_code == 200


def test_an_auditor_sees_everything_and_can_press_nothing(api: Api, bank: Bank, rahima: Person) -> None:
    auditor = Person(api, Role.AUDITOR)
    for path in PAGES:
        assert not re.findall(r'method="post" action="(?!/sign-out)', auditor.read(path)), path
    assert auditor.send("/finance/payouts/settle").status_code == 403


def test_a_form_without_the_key_of_the_session_changes_nothing(api: Api, rahima: Person) -> None:
    answer = api.client.post("/finance/payouts/settle", data={"form_key": "0" * 32}, headers=rahima.cookie)
    assert answer.status_code == 403


def test_every_word_of_the_tables_has_its_bangla() -> None:
    words = [
        *(name for _, name, _ in HEAPS),
        *PLACES.values(),
        *(text for text, _ in [*DAY_STAGES.values(), *STATES.values()]),
        *WAITS.values(),
        *LEFT_OUT.values(),
        *DEBTS.values(),
        *_SHOWN.values(),
        *PROPOSED.values(),
        *COLUMNS.values(),
        *(text for texts in REPORTS.values() for text in texts),
    ]
    assert [one for one in words if not catalogue().get(one)] == []


# statements

PAST = STATEMENT.replace("22/11/2026", "20/11/2026").replace("23/11/2026", "21/11/2026")


def test_an_unknown_statement_is_looked_at_put_right_and_taken_in_once(rahima: Person) -> None:
    looked = rahima.look(PAST, new_source="sonali")
    text = seen(looked)
    assert "Tk 1,23,456.50" in text and "its header is known for it" in text
    assert fields(looked)["column_reference"] == "Slip No"
    again = seen(rahima.take(looked, do="look", column_reference="", title="Sonali, collection"))
    assert "Take it in" in again and 'value="Sonali, collection"' in again
    assert gone(rahima.take(looked, title="Sonali, collection")).startswith("/finance/statements/sonali?said=3")
    page = rahima.read("/finance/statements/sonali")
    assert "november.csv" in page and "Sonali, collection" in page
    assert "taken%20in%20before" in gone(rahima.look(PAST, source="sonali"))
    assert "Sonali, collection" in rahima.read("/finance/statements")


def test_what_the_file_cannot_say_is_asked(rahima: Person) -> None:
    ambiguous = "Date,Particulars,Amount\n03/04/2026,one,500.00\n05/04/2026,two,700.00\n"
    looked = rahima.look(ambiguous, new_source="asked")
    text = seen(looked)
    assert "03/04/2026" in text and "Which?" in text and "Take it in" not in text
    settled = rahima.take(looked, do="look", dates="DD/MM/YYYY", positive_is="credit")
    assert "3 Apr 2026" in seen(settled) or "03 Apr 2026" in settled.text
    wrong = rahima.take(looked, do="take", dates="DD/MM/YYYY, MM/DD/YYYY")
    assert "can be read in two ways" in seen(wrong, 422)
    assert gone(rahima.take(settled)).startswith("/finance/statements/asked?said=2")


def test_a_known_account_keeps_a_new_version_when_its_columns_are_put_right(rahima: Person) -> None:
    gone(rahima.take(rahima.look(PAST, new_source="janata")))
    later = table(HEADER.replace("Particulars", "Narration"), LINES[1].replace("22/11", "22/11"))
    looked = rahima.look(later, source="janata")
    assert fields(looked)["column_description"] == ""
    gone(rahima.take(looked, column_description="Narration"))
    assert "read as version 2" in rahima.read("/finance/statements/janata")


def test_a_workbook_is_read_as_well_and_a_file_too_large_for_a_page_goes_elsewhere(rahima: Person) -> None:
    rows = [["20/11/2026", "SB-7", "cash of 1216", "", "900.00", "900.00"]]
    book = workbook({"statement": (HEADER.split(","), rows, [])})
    looked = rahima.look(book, new_source="workbook")
    assert "Tk 900.00" in seen(looked)
    assert gone(rahima.take(looked)).startswith("/finance/statements/workbook?said=1")
    large = seen(rahima.look(Random(1).randbytes(6 * 2**20), new_source="large"), 422)
    assert "too large for a page" in large


def test_a_file_that_does_not_fit_says_where(rahima: Person) -> None:
    text = seen(rahima.look(table(HEADER, LINES[0], LINES[1].replace("500.00", "fifty")), new_source="unfit"), 422)
    assert re.search(r"Row \d+ cannot be read", text) and "Take it in" not in text
    assert "no table of days and amounts" in seen(rahima.look("a,b\n1,2\n", new_source="unfit"), 422).lower()
    assert "cannot name a source" in seen(rahima.look(PAST, new_source="Sonali Bank!"), 422)
    assert "send the file again" in seen(rahima.send("/finance/statements/take", {"packed": "?"}), 422)


# lines


@pytest.fixture(scope="module")
def bank(api: Api) -> Bank:
    return Bank(api.engine.database)


def waiting(person: Person, amount: str) -> str:
    """The path of the line of that amount."""
    found = re.search(rf'href="(/finance/lines/[0-9a-f-]+)">{re.escape(amount)}', person.read("/finance/lines"))
    assert found, amount
    return found[1]


def test_a_proposal_is_explained_and_accepted(bank: Bank, rahima: Person) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    deposit(bank.database, 2_000_00, "SB-008811")
    bank.shows(1_000_00, "SB-004217")
    bank.shows(1_990_00, "SB-008811")
    assert gone(rahima.send("/finance/lines/match")).startswith("/finance/matches?said=")
    assert "Tk 1,000.00" in rahima.read("/finance/matches")
    line = waiting(rahima, "Tk 1,990.00")
    assert "the amount differs a little" in rahima.read("/finance/lines?reason=to_confirm")
    assert "deposit SB-008811" in rahima.read(line)
    match = gone(rahima.send(f"{line}/confirm"))
    assert match.startswith("/finance/matches/")
    assert gone(rahima.send(f"{line}/confirm")) == match.partition("?")[0], "sent twice"
    assert "differ by" in rahima.read(match)
    assert gone(rahima.get(line)) == match.partition("?")[0]


def test_a_line_is_taken_on_noted_matched_by_hand_and_the_match_undone(bank: Bank, rahima: Person) -> None:
    close = deposit(bank.database, 3_333_00, "SB-009999")
    bank.shows(3_333_00, "", "CASH")
    rahima.send("/finance/lines/match")
    line = waiting(rahima, "Tk 3,333.00")
    gone(rahima.send(f"{line}/take"))
    assert rahima.name in rahima.read("/finance/lines?mine=yes")
    assert "the note is empty" in seen(rahima.send(f"{line}/note", {"note": " "}), 422).lower()
    gone(rahima.send(f"{line}/note", {"note": "asked the branch"}))
    text = rahima.read(line)
    assert "asked the branch" in text and f"pick_deposit~{close}" in text
    assert f"pick_deposit~{close}" in rahima.read(f"{line}?words=sb-009999")
    pick = {f"pick_deposit~{close}": "on"}
    unexplained = seen(rahima.send(f"{line}/match", pick), 422)
    assert "write how you know" in unexplained.lower() and "checked" in unexplained
    assert "tick what the line is" in seen(rahima.send(f"{line}/match", {"why": "slip"}), 422).lower()
    match = gone(rahima.send(f"{line}/match", pick | {"why": "the slip"})).partition("?")[0]
    assert "the slip" in rahima.read(match) and close in rahima.read(match)
    assert "the slip" in rahima.read("/finance/matches?by_people=yes")
    assert "write what was wrong" in seen(rahima.send(f"{match}/undo"), 422).lower()
    gone(rahima.send(f"{match}/undo", {"why": "of another day"}))
    assert "of another day" in rahima.read(match)
    assert "Tk 3,333.00" in rahima.read(line)


def test_the_queue_goes_on_where_a_page_ends(bank: Bank, rahima: Person) -> None:
    for n in range(52):
        bank.shows(70_000_00 + n, f"Q-{n}", on=3)
    rahima.send("/finance/lines/match")
    first = rahima.read("/finance/lines?source=bank")
    more = re.search(r'href="(\?[^"]*after=[^"]+)"', first)
    assert more
    second = rahima.read("/finance/lines" + more[1])
    links = [re.findall(r'<h2><a href="(/finance/lines/[^"]+)"', text) for text in (first, second)]
    assert len(links[0]) == 50 and links[1] and not set(links[0]) & set(links[1])


# payouts


@pytest.fixture(scope="module")
def merchant(api: Api) -> str:
    """A shop with Tk 1,50,000 in the bank, and a proven account."""
    told = AccountTold(
        kind=Institution.BANK,
        bank="BRAC Bank",
        branch="Gulshan",
        routing_number="060261726",
        number="150120034455",
        holder="Nakshi Ghar",
    )
    shop = banked(api, 50_000_00, 50_000_00, 40_000_00)
    early = api.at - timedelta(days=4)
    with api.engine.database.transaction() as connection:
        change_account(connection, api.engine.facts, shop, told, why="asked", by="jashim", at=early)
        check_account(connection, shop, 1, proven=True, how="cheque leaf", by="mina", at=early)
    return shop


def banked(api: Api, *amounts_poisha: int) -> str:
    """A shop of whose parcels each was paid for at a rider's door, and the bank has it."""
    shop, here = api.shop(), {"office": "1215", "device_id": f"counter-{api.shop()}"}
    address = "House 9, East Raja Bazar, Tejgaon, Dhaka 1215"
    for n, amount in enumerate(amounts_poisha, 1):
        item = api.item(shop, f"F-{n}", recipient_address=address, cod_poisha=amount)
        rider = {"holder": f"rider:1215-R0{n}"} | here
        events = ("accepted", "at_delivery_office")
        api.scans(*(api.scan(item, event, holder="office:1215", **here) for event in events))
        api.scans(api.scan(item, "out_for_delivery", **rider))
        (verdict,) = api.claims(api.scan(item, "delivered_claimed", collected_poisha=amount, **rider))
        assert verdict["outcome"] == "accepted", verdict
    closed = {"office": "1215", "closed_on": "2026-11-22"}
    for one in taken(api.get("/v1/day-closes/offices/1215/2026-11-22/to-count", office="1215")):
        kind, _, rider_id = one["holder"].partition(":")
        held = one["held_poisha"] if kind == "rider" else sum(amounts_poisha)
        body = closed | {"turn": one["turn"], **counted(held)}
        if kind == "rider" and held:
            taken(api.post("/v1/day-closes/riders", body | {"rider": rider_id}, office="1215"))
        elif kind == "office":
            close = taken(api.post("/v1/day-closes/offices", body, office="1215"))
            taken(api.post("/v1/deposits", paid_in(close["close_id"], f"S-{shop}", api.at), office="1215"))
            said = {"close_id": close["close_id"], "confirmed_poisha": close["to_deposit_poisha"]}
            assert api.post("/v1/deposits/confirmations", said).status_code == 204
    return shop


def test_who_settles_does_not_approve_and_a_file_goes_to_the_bank(
    api: Api, merchant: str, rahima: Person, karim: Person
) -> None:
    gone(rahima.send("/finance/payouts/settle"))
    payout = f"/finance/payouts/{merchant}-2026-11-22"
    text = rahima.read(payout)
    assert "somebody else has to approve it" in text and "Service charges" in text and "proven" in text
    assert "···· 4455" in text and "150120034455" not in text
    refused = seen(rahima.send(f"{payout}/approve"), 422)
    assert "who ordered a payout cannot approve it" in refused.lower()
    assert "Payouts to approve" in karim.read("/finance")
    assert "Approve Tk" in karim.read(payout)
    gone(karim.send(f"{payout}/approve"))
    assert f"approved by {karim.name}" in karim.read(payout)
    made = gone(karim.send("/finance/files", {"layout": "settlement-bank", "paid_on": "2026-11-23"})).partition("?")[0]
    content = karim.get(f"{made}/content")
    assert "150120034455" in content.text and content.headers["content-disposition"].endswith('-1.csv"')
    again = seen(karim.send("/finance/files", {"layout": "settlement-bank", "paid_on": "2026-11-23"}), 422)
    assert "none of 0 approved payouts" in again.lower()
    gone(karim.send(f"{made}/sent"))
    assert "sent to the bank" in karim.read(payout)
    assert "no statement shows" in seen(karim.send(f"{payout}/return", {"why": "closed account"}), 422).lower()
    with api.engine.database.transaction() as connection:
        amount = load_payout(connection, f"{merchant}-2026-11-22").amount_poisha
        append_transfers(connection, [confirmed(f"{merchant}-2026-11-22", merchant, amount, api.at)])
    assert "on the bank's statement since" in karim.read(payout)
    gone(karim.send(f"{payout}/return", {"why": "closed account"}))
    back = karim.read(payout)
    assert "came back" in back and "doubtful" in back and f"/finance/merchants/{merchant}" in back


def test_what_is_in_no_file_says_why_and_a_file_is_withdrawn(api: Api, rahima: Person) -> None:
    shop = banked(api, 2_000_00)
    gone(rahima.send("/finance/payouts/settle"))
    text = seen(rahima.send("/finance/files", {"layout": "settlement-bank", "paid_on": "2026-11-23"}), 422)
    assert f"{shop}-2026-11-22" in text and "has no account" in text
    assert (
        "name today or a later day"
        in seen(rahima.send("/finance/files", {"layout": "settlement-bank", "paid_on": "2026-11-21"}), 422).lower()
    )
    payout = f"/finance/payouts/{shop}-2026-11-22"
    assert "there is no reason" in seen(rahima.send(f"{payout}/cancel"), 422).lower()
    gone(rahima.send(f"{payout}/cancel", {"why": "wrong shop"}))
    assert "cancelled" in rahima.read(payout)
    assert rahima.get("/finance/payouts/nobody").status_code == 404
    assert rahima.get("/finance/files/nothing").status_code == 404


def test_an_advice_is_printed(merchant: str, rahima: Person) -> None:
    pdf = rahima.get(f"/finance/payouts/{merchant}-2026-11-22/advice.pdf")
    assert pdf.content[:4] == b"%PDF"
    assert (
        rahima.get(f"/finance/payouts/{merchant}-2026-11-22/advice.csv").headers["content-type"].startswith("text/csv")
    )


def test_a_merchant_is_held_and_paid_again(merchant: str, rahima: Person) -> None:
    (hold_id,) = re.findall(r'name="hold_id" value="([^"]+)"', rahima.read("/finance/holds"))
    form = {"hold_id": hold_id, "merchant_id": merchant, "reason": "", "until_on": ""}
    wrong = seen(rahima.send("/finance/holds", form), 422)
    assert "write a name, or a reason" in wrong.lower() and f'value="{merchant}"' in wrong and hold_id in wrong
    for _ in range(2):  # told twice it is one
        gone(rahima.send("/finance/holds", form | {"reason": "court order"}))
    assert rahima.read("/finance/holds").count("court order") == 1
    assert (
        "no merchant nowhere"
        in seen(rahima.send("/finance/holds", form | {"merchant_id": "nowhere", "reason": "x"}), 422).lower()
    )
    gone(rahima.send(f"/finance/holds/{hold_id}/lift", {"why": "released"}))
    assert "court order" not in rahima.read("/finance/holds")


# offices


def test_the_days_of_the_offices_show_counts_and_signatures(api: Api, bank: Bank, rahima: Person) -> None:
    close = deposit(bank.database, 500_00, "SB-77", "1205", on=20)
    text = rahima.read("/finance/closes?on=2026-11-20")
    assert "SB-77" in text and "rahima" in text and "karim" in text and "New Market" in text
    assert "SB-77" not in rahima.read("/finance/closes?on=2026-11-20&only=differences")
    page = rahima.read(f"/finance/closes/{close}")
    assert "Counted by karim, countersigned by rahima." in page and "slip SB-77" in page
    assert rahima.get(f"/finance/closes/{close}/sheet.pdf").content[:4] == b"%PDF"
    assert "is no day" in seen(rahima.get("/finance/closes?on=tomorrow"), 422)
    assert gone(rahima.get(f"/finance/journal?q={close}")) == f"/finance/closes/{close}"


def test_a_shortage_is_cleared_once_however_often_the_form_is_sent(api: Api, rahima: Person) -> None:
    with api.engine.database.transaction() as connection:
        append_transfers(connection, [short("1216-R01", 700_00, api.at)])
    assert "1216-R01" in rahima.read("/finance/shortages")
    path = "/finance/shortages/rider_debt/1216-R01"
    (clearing_id,) = re.findall(r'name="clearing_id" value="([^"]+)"', rahima.read(path))
    form = {"clearing_id": clearing_id, "way": "written_off", "amount_taka": "৭০০", "why": "letter 42"}
    assert "write taka in figures" in seen(rahima.send(path, form | {"amount_taka": "many"}), 422).lower()
    wrong = seen(rahima.send(path, form | {"amount_taka": "900", "way": "repaid"}), 422)
    assert "are open" in wrong and clearing_id in wrong
    form["way"] = "deducted"
    for _ in range(2):
        gone(rahima.send(path, form))
    assert "Tk 0.00" in rahima.read(path)
    assert rahima.get("/finance/shortages/settlement_bank/1216").status_code == 404


def short(rider: str, amount_poisha: int, at: Any) -> Any:
    """A rider's close was short."""
    debt, cash = account(AccountKind.RIDER_DEBT, rider), account(AccountKind.RIDER_CASH, rider)
    return transfer(Code.SHORTAGE, debit=debt, credit=cash, amount_poisha=amount_poisha, at=at, cause="a close")


# reports


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_has_tables_charts_and_files(api: Api, bank: Bank, rahima: Person, name: str) -> None:
    month = "" if name == "ageing" else "?month=2026-11"
    text = rahima.read(f"/finance/reports/{name}{month}")
    for src in re.findall(r'<img class="chart" src="([^"]+)"', text):
        svg = rahima.get(src)
        assert svg.headers["content-type"] == "image/svg+xml" and svg.text.startswith("<svg")
    files = re.findall(r'href="(/finance/reports/[^"]+/file\.[^"]+)"', text)
    for href in re.findall(r'href="(/finance/reports/[\w-]+\?table=[^"]+)"', text):
        assert "All of the report" in rahima.read(href)
    assert {href.partition("file.")[2][:3] for href in files} == {"csv", "xls", "pdf", "zip"}
    for href in files if name == "ageing" else [one for one in files if "file.csv" in one]:
        assert rahima.get(href).status_code == 200, href
    assert rahima.get(f"/finance/reports/{name}/chart/nothing.svg").status_code == 404
    assert rahima.get(f"/finance/reports/{name}?table=nothing").status_code == 422


def test_a_month_that_is_none_is_said_beside_its_field(rahima: Person) -> None:
    assert "is no month" in seen(rahima.get("/finance/reports/remittance?month=never"), 422)
    assert "is not a month" in seen(rahima.get("/finance/reports?month=never"), 422)
    assert rahima.get("/finance/reports/matching/2026-Q4.csv").text.count("\n") == 61
    assert rahima.get("/finance/reports/nothing").status_code == 422


def test_the_journal_follows_a_parcels_money(merchant: str, rahima: Person) -> None:
    (item, *_) = re.findall(r"/finance/journal\?q=(\w+)", rahima.read(f"/finance/payouts/{merchant}-2026-11-22"))
    text = rahima.read(f"/finance/journal?q={item.lower()}")
    assert "Cash collected at the door" in text and f"{merchant}-2026-11-22" in text
    assert gone(rahima.get(f"/finance/journal?q={merchant}-2026-11-22")).endswith(f"/payouts/{merchant}-2026-11-22")
    assert "is no parcel" in seen(rahima.get("/finance/journal?q=what"), 422)


def test_an_alarm_is_taken_on(api: Api, rahima: Person) -> None:
    api.at += timedelta(days=20)
    with api.engine.database.transaction() as connection:
        assert watch_money(connection, api.engine.facts, api.at).open
    (take, *_) = re.findall(r'action="(/finance/alarms/[^"]+/take)"', rahima.read("/finance/alarms"))
    gone(rahima.send(take))
    assert rahima.name in rahima.read("/finance/alarms")
    assert take not in rahima.read("/finance/alarms?unowned=yes")
    assert seen(rahima.send("/finance/alarms/00000000-0000-4000-8000-000000000000/take"), 422)
    assert "Office by office" in rahima.read("/finance")
