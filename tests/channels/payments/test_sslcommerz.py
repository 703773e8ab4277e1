"""SSLCommerz against its stand-in: what was paid is asked and validated, whatever a form that comes to us says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from urllib.parse import parse_qsl, urlencode
from urllib.request import urlopen

import pytest

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.port import Call, Handle, Wanted
from post_logistics.channels.payments.sslcommerz import SslCommerzPayments
from post_logistics.cod.payments import PaymentState, Said, place
from post_logistics.errors import Unacceptable
from post_logistics.settings import SslCommerz as Store
from post_logistics.units import DHAKA
from tests.standins.serving import Answer, Asked, Fault, Standin, served
from tests.standins.sslcommerz import SslCommerz

AT = datetime(2026, 11, 22, 10, 5, 31, tzinfo=DHAKA)
BACK = "https://post.example/paid/pay-7K2M93QFX1ZD/1f0c2a9be37d4410"
WANTED = Wanted("pay-7K2M93QFX1ZD", 125_050, "DP473124829BD", AT, AT + timedelta(minutes=30), BACK)
HANDLE = Handle(WANTED.payment_id, AT, WANTED.expires_at)
CALLBACK = "https://post.example/v1/payments/callbacks/sslcommerz"
REFUND = "00000000-0000-4000-8000-000000000001"
OURS = {"phone": "01700000000", "email": "payments@post.example"}


@pytest.fixture
def gateway() -> Iterator[SslCommerz]:
    yield SslCommerz(clock=lambda: AT)


@pytest.fixture
def ours(gateway: SslCommerz) -> Iterator[SslCommerzPayments]:
    with served(gateway) as url:
        yield adapter(url)


def adapter(url: str, callback: str = CALLBACK, **changed: Any) -> SslCommerzPayments:
    """Our side, with the credentials that the stand-in knows."""
    store = Store(**({"url": url, "store_id": "postbox", "store_password": "postbox@ssl"} | OURS | changed))
    return SslCommerzPayments(store, callback, road=Road(development=True, deadline_s=0.8))


def paid(gateway: SslCommerz, ours: SslCommerzPayments, **how: str) -> Handle:
    """A payment that was offered and paid."""
    offer = ours.offer(WANTED)
    session = gateway.pay(WANTED.payment_id, **how)
    return replace(HANDLE, session_ref=offer.session_ref, provider_ref=session.bank_tran_id)


def test_a_payment_is_made_paid_and_given_back(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    assert ours.status(HANDLE).said is Said.WAITING
    offer = ours.offer(WANTED)
    assert offer.url.endswith(f"/EasyCheckOut/{offer.session_ref}") and not offer.why
    assert ours.status(HANDLE).said is Said.WAITING
    session = gateway.pay(WANTED.payment_id)
    word = ours.status(HANDLE)
    assert (word.said, word.paid_poisha, word.currency, word.payment_id) == (
        Said.PAID,
        125_050,
        "BDT",
        "pay-7K2M93QFX1ZD",
    )
    assert (word.provider_ref, word.paid_at, word.doubt) == (session.bank_tran_id, AT, "")
    assert ours.status(HANDLE) == word, "VALIDATED is as good as VALID"
    assert ours.give_back(replace(HANDLE, provider_ref=word.provider_ref), REFUND, 125_050).done
    assert ours.daily_file(AT.date()) is None


def test_on_the_wire_it_is_as_the_contract_writes_it(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    asked = paid(gateway, ours)
    ours.status(asked)
    ours.give_back(asked, REFUND, 50)
    store = {"store_id": "postbox", "store_passwd": "postbox@ssl"}
    said = [(one.method, one.path, {**one.query, **one.form()}) for one in gateway.heard]
    back = dict.fromkeys(("success_url", "fail_url", "cancel_url"), WANTED.back_url) | {"ipn_url": CALLBACK}
    us = {"cus_name": "Bangladesh Post Office", "cus_email": OURS["email"], "cus_phone": OURS["phone"]}
    where = {"cus_add1": "Dhaka", "cus_city": "Dhaka", "cus_postcode": "1000", "cus_country": "Bangladesh"}
    what = {"product_name": "DP473124829BD", "product_category": "postal service", "product_profile": "general"}
    sums = {"total_amount": "1250.50", "currency": "BDT", "tran_id": "pay-7K2M93QFX1ZD", "value_a": "DP473124829BD"}
    how = {"shipping_method": "NO", "num_of_item": "1"}
    json = {"v": "1", "format": "json"}
    refund = {"bank_tran_id": asked.provider_ref, "refund_amount": "0.50", "refund_remarks": f"Refund {REFUND}"}
    once = {"refund_trans_id": "000000000000400080000000000000", "refe_id": "000000000000400080000000000000"}
    val_id = gateway.session_of(WANTED.payment_id).val_id
    transaction = "/validator/api/merchantTransIDvalidationAPI.php"
    assert said == [
        ("POST", "/gwprocess/v4/api.php", sums | back | us | where | what | how | store),
        ("GET", transaction, {"tran_id": "pay-7K2M93QFX1ZD"} | store | json),
        ("GET", "/validator/api/validationserverAPI.php", {"val_id": val_id} | store | json),
        ("GET", transaction, refund | once | store | json),
    ]
    assert gateway.heard[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "EXPIRED"])
def test_a_payment_that_came_to_nothing_says_so(gateway: SslCommerz, ours: SslCommerzPayments, state: str) -> None:
    ours.offer(WANTED)
    gateway.fail(WANTED.payment_id, state)
    assert ours.status(HANDLE).said is Said.FAILED
    ours.offer(WANTED)
    assert ours.status(HANDLE).said is Said.WAITING, "a new session can still be paid"


def test_paid_in_two_sessions_is_paid_twice(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    paid(gateway, ours)
    paid(gateway, ours)
    assert ours.status(HANDLE).paid_poisha == 250_100


def test_the_same_payment_listed_twice_is_one(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    paid(gateway, ours)
    gateway.sessions["again"] = gateway.session_of(WANTED.payment_id)
    assert ours.status(HANDLE).paid_poisha == 125_050


@pytest.mark.parametrize(("amount", "poisha"), [("1250.5", 125_050), ("1250", 125_000), ("10.00", 1_000)])
@pytest.mark.parametrize("numbers", [False, True])
def test_amounts_are_texts_or_numbers_and_told_as_they_are(
    gateway: SslCommerz, ours: SslCommerzPayments, amount: str, poisha: int, numbers: bool
) -> None:
    gateway.amounts_as_numbers = numbers
    assert ours.status(paid(gateway, ours, amount=amount)).paid_poisha == poisha


def test_what_the_validator_says_counts_and_not_the_list(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    asked = paid(gateway, ours)
    gateway.misbehave(Fault.WRONG_AMOUNT, on="merchantTransID")
    assert ours.status(asked).paid_poisha == 125_050
    gateway.misbehave(Fault.WRONG_AMOUNT, on="validationserver")
    assert ours.status(asked).paid_poisha == 100


def test_what_the_validator_does_not_know_is_not_believed(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    asked = paid(gateway, ours)
    gateway.session_of(WANTED.payment_id).val_id = ""
    word = ours.status(asked)
    assert (word.said, word.why) == (Said.NOTHING, "the validator does not confirm it")


def test_another_currency_is_told_as_it_is(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    assert ours.status(paid(gateway, ours, currency="USD")).currency == "USD"


def test_a_risky_payment_is_in_the_books_and_due_to_nobody(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    word = ours.status(paid(gateway, ours, risk_level="1"))
    assert word.said is Said.PAID and "risky" in word.doubt
    placing = place(
        asked_poisha=125_050,
        payment_id=WANTED.payment_id,
        state=PaymentState.REQUESTED,
        new_poisha=125_050,
        word=word,
        open_poisha=125_050,
        in_time=True,
        ref_known_elsewhere=False,
    )
    assert (placing.collect_poisha, placing.hold_poisha, placing.why) == (0, 125_050, word.doubt)


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LOST, Fault.BROKEN, Fault.GARBLED])
@pytest.mark.parametrize("on", ["merchantTransID", "validationserver"])
def test_a_word_that_did_not_come_is_asked_for_again(
    gateway: SslCommerz, ours: SslCommerzPayments, fault: Fault, on: str
) -> None:
    asked = paid(gateway, ours)
    gateway.misbehave(fault, on=on)
    assert ours.status(asked).said is Said.NOTHING
    assert ours.status(asked).paid_poisha == 125_050


def test_a_late_word_is_a_word(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    asked = paid(gateway, ours)
    gateway.misbehave(Fault.LATE, times=2)
    assert ours.status(asked).said is Said.PAID


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.GARBLED])
def test_a_refund_whose_answer_was_lost_is_made_once(
    gateway: SslCommerz, ours: SslCommerzPayments, fault: Fault
) -> None:
    asked = paid(gateway, ours)
    gateway.misbehave(fault, on="merchantTransID")
    first = ours.give_back(asked, REFUND, 50_000)
    assert not first.done and not first.refused and first.why
    assert [ours.give_back(asked, REFUND, 50_000).done for _ in range(2)] == [True, True]
    assert len(gateway.session_of(WANTED.payment_id).refunds) == 1


def test_two_refunds_are_two_and_more_than_was_paid_is_refused(gateway: SslCommerz, ours: SslCommerzPayments) -> None:
    asked = paid(gateway, ours)
    other = REFUND.replace("0001", "0002").replace("00000000-0000", "10000000-0000")
    assert ours.give_back(asked, REFUND, 50_000).done and ours.give_back(asked, other, 50_000).done
    too_much = ours.give_back(asked, "20000000-0000-4000-8000-000000000003", 50_000)
    assert too_much.refused and too_much.why == "Invalid Refund Amount"
    assert ours.give_back(HANDLE, REFUND, 1).refused, "there is nothing that could be given back"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"payment_id": "x" * 31}, "tran_id"),
        ({"amount_poisha": 999}, "Invalid Amount"),
        ({"amount_poisha": 50_000_001}, "Invalid Amount"),
    ],
)
def test_what_ssl_commerz_does_not_take_is_told_in_its_words(
    ours: SslCommerzPayments, changed: dict[str, Any], why: str
) -> None:
    assert why in ours.offer(replace(WANTED, **changed)).why


def test_another_store_is_told_so(gateway: SslCommerz) -> None:
    with served(gateway) as url:
        stranger = adapter(url, store_password="wrong")
        assert "Credential" in stranger.offer(WANTED).why
        assert stranger.status(HANDLE).said is Said.NOTHING
        answer = stranger.give_back(replace(HANDLE, provider_ref="B"), REFUND, 1)
    assert not answer.done and not answer.refused


@pytest.mark.parametrize(
    "answer",
    [[], "x", {}, {"APIConnect": "DONE"}, {"APIConnect": "DONE", "element": {}}, {"status": "SUCCESS"}],
    ids=str,
)
def test_an_answer_that_makes_no_sense_is_no_word(answer: Any) -> None:
    class Strange(Standin):
        def answer(self, asked: Asked) -> Answer:
            return Answer(answer)

    with served(Strange()) as url:
        assert adapter(url).status(HANDLE).said is Said.NOTHING
        assert adapter(url).offer(WANTED).why


# What comes to us


class Post(Standin):
    """Our end, as the callback endpoint hands calls on."""

    def __init__(self) -> None:
        super().__init__()
        self.named: list[str | None] = []
        self.ours: SslCommerzPayments | None = None

    def answer(self, asked: Asked) -> Answer:
        assert self.ours is not None
        self.named.append(self.ours.called(Call(asked.body, asked.query, asked.headers)))
        return Answer("", 202)


@pytest.fixture
def post(gateway: SslCommerz) -> Iterator[Post]:
    standin = Post()
    with served(gateway) as url, served(standin) as at:
        standin.ours = adapter(url, f"{at}/v1/payments/callbacks/sslcommerz")
        yield standin


def _pay_all(gateway: SslCommerz, post: Post, count: int) -> list[str]:
    assert post.ours is not None
    ids = [f"pay-{n}" for n in range(count)]
    for one in ids:
        post.ours.offer(replace(WANTED, payment_id=one))
        gateway.pay(one)
    return ids


def test_a_signed_notification_names_the_payment_twice_and_in_any_order(gateway: SslCommerz, post: Post) -> None:
    ids = _pay_all(gateway, post, 3)
    gateway.misbehave(Fault.TWICE, on="ipn")
    gateway.misbehave(Fault.OUT_OF_ORDER, on="ipn")
    assert gateway.notify(*ids) == [202] * 6
    assert post.named == ["pay-2", "pay-2", "pay-1", "pay-1", "pay-0", "pay-0"]


def test_a_notification_that_ssl_commerz_did_not_sign_names_nothing(gateway: SslCommerz, post: Post) -> None:
    ids = _pay_all(gateway, post, 1)
    gateway.misbehave(Fault.WRONG_SIGNATURE, on="ipn")
    gateway.notify(*ids)
    gateway.misbehave(Fault.WRONG_AMOUNT, on="ipn")
    gateway.notify(*ids)
    assert post.named == [None, "pay-0"], "a signed lie about the amount is a hint like any other"


def test_the_browser_comes_back_with_the_same_form(gateway: SslCommerz, post: Post) -> None:
    assert post.ours is not None
    offer = post.ours.offer(WANTED)
    with urlopen(f"{offer.url}?decision=success") as page:
        assert f'<form method="post" action="{BACK}">'.encode() in page.read()
    assert post.named == ["pay-7K2M93QFX1ZD"]
    assert post.ours.status(HANDLE).said is Said.PAID


def test_a_form_is_signed_only_if_all_that_was_signed_is_there(gateway: SslCommerz, post: Post) -> None:
    _pay_all(gateway, post, 1)
    assert post.ours is not None
    form = dict(parse_qsl(gateway.notification(gateway.session_of("pay-0")).body.decode(), keep_blank_values=True))
    named = {"": form}
    named["another transaction"] = form | {"tran_id": "pay-1"}
    named["a field fewer"] = {name: value for name, value in form.items() if name != "amount"}
    named["no names"] = form | {"verify_key": ""}
    names = [name for name in form["verify_key"].split(",") if name != "tran_id"]
    plain = {name: form[name] for name in names}
    plain["store_passwd"] = md5(b"postbox@ssl", usedforsecurity=False).hexdigest()
    text = "&".join(f"{name}={plain[name]}" for name in sorted(plain))
    unbound = {"verify_key": ",".join(names), "verify_sign": md5(text.encode(), usedforsecurity=False).hexdigest()}
    named["a signature that leaves the transaction out"] = form | unbound
    named["no ascii"] = form | {"verify_sign": "ক"}
    named["none"] = {"tran_id": "pay-0"}
    found = {why: post.ours.called(Call(urlencode(one).encode())) for why, one in named.items()}
    assert found == dict.fromkeys(named, None) | {"": "pay-0"}
    assert [post.ours.called(Call(body)) for body in (b"", b"\xff=\xfe", b"[]")] == [None] * 3


def test_a_gateway_inside_our_own_network_is_not_called() -> None:
    with pytest.raises(Unacceptable):
        SslCommerzPayments(Store(url="http://127.0.0.1:9"), CALLBACK).offer(WANTED)
    road = Road(resolve=lambda host, port: ["10.0.0.7"])
    assert "not public" in SslCommerzPayments(Store(url="https://ssl.example"), CALLBACK, road=road).offer(WANTED).why
