"""bKash against its stand-in: nothing is taken before its payer confirmed it, nothing twice, and no token is lost."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.bkash import BkashPayments
from post_logistics.channels.payments.port import Call, Handle, Offer, Wanted
from post_logistics.cod.payments import Said
from post_logistics.errors import Unacceptable
from post_logistics.settings import Bkash as Account
from post_logistics.units import DHAKA
from tests.standins.bkash import BASE, TOPIC, Bkash
from tests.standins.serving import Answer, Asked, Fault, Standin, served

AT = datetime(2026, 11, 22, 10, 5, 31, tzinfo=DHAKA)
WANTED = Wanted("pay-7K2M93QFX1ZD", 125_050, "DP473124829BD", AT, AT + timedelta(minutes=30))
CALLBACK = "https://post.example/v1/payments/callbacks/bkash"
REFUND = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def bkash() -> Iterator[Bkash]:
    standin = Bkash(clock=lambda: AT)
    with served(standin) as address:
        standin.address = address
        yield standin


class Clock:
    """Seconds that pass when they are told to."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def adapter(bkash: Bkash, *, clock: Clock | None = None, **changed: str) -> BkashPayments:
    """Our side, with the credentials that the stand-in knows."""
    given = {
        "url": f"{bkash.address}{BASE}",
        "username": bkash.username,
        "password": bkash.password,
        "app_key": bkash.app_key,
        "app_secret": bkash.app_secret,
        "topic": TOPIC,
    }
    return BkashPayments(Account(**given | changed), CALLBACK, Road(development=True, deadline_s=0.8), clock or Clock())


def handle(offer: Offer, **changed: Any) -> Handle:
    return replace(Handle(WANTED.payment_id, AT, WANTED.expires_at, offer.session_ref), **changed)


def paid(bkash: Bkash) -> tuple[BkashPayments, Handle]:
    """A payment that was made, confirmed and taken."""
    ours = adapter(bkash)
    offer = ours.offer(WANTED)
    bkash.verify(offer.session_ref)
    word = ours.status(handle(offer))
    assert word.said is Said.PAID
    return ours, handle(offer, provider_ref=word.provider_ref, wanted=False)


def paths(bkash: Bkash) -> list[str]:
    return [one.path.partition("/checkout/")[2] for one in bkash.heard]


def test_a_payment_is_made_confirmed_taken_and_given_back(bkash: Bkash) -> None:
    ours = adapter(bkash)
    offer = ours.offer(WANTED)
    assert offer.url.startswith(f"{bkash.address}/redirect/tokenized/?paymentID=TR0011") and not offer.why
    assert ours.status(handle(offer)).said is Said.WAITING
    bkash.verify(offer.session_ref)
    word = ours.status(handle(offer))
    assert (word.said, word.paid_poisha, word.currency, word.payment_id) == (
        Said.PAID,
        125_050,
        "BDT",
        "pay-7K2M93QFX1ZD",
    )
    assert word.provider_ref == bkash.payments[offer.session_ref].trx_id and word.paid_at == AT
    assert ours.give_back(handle(offer, provider_ref=word.provider_ref), REFUND, 125_050).done
    assert bkash.payments[offer.session_ref].refund["amount"] == "1250.50"


def test_on_the_wire_it_is_as_the_contract_writes_it(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    ours.give_back(replace(asked, asked_before=False), REFUND, 50)
    told = {one: json.loads(heard.body) for one, heard in zip(paths(bkash), bkash.heard, strict=True)}
    assert list(told) == ["token/grant", "create", "payment/status", "execute", "payment/refund"]
    assert told["token/grant"] == {"app_key": "app-key", "app_secret": "app-secret"}
    assert told["create"] == {
        "mode": "0011",
        "payerReference": "pay-7K2M93QFX1ZD",
        "callbackURL": CALLBACK,
        "amount": "1250.50",
        "currency": "BDT",
        "intent": "sale",
        "merchantInvoiceNumber": "pay-7K2M93QFX1ZD",
    }
    assert told["execute"] == told["payment/status"] == {"paymentID": asked.session_ref}
    refund = {"paymentID": asked.session_ref, "trxID": asked.provider_ref, "amount": "0.50", "sku": "pay-7K2M93QFX1ZD"}
    assert told["payment/refund"] == refund | {"reason": f"Refund {REFUND}"}
    grant, create = bkash.heard[0].headers, bkash.heard[1].headers
    assert (grant["username"], grant["password"]) == ("merchant", "merchant-password")
    assert create["authorization"] in bkash.tokens and create["x-app-key"] == "app-key"
    assert create["content-type"] == "application/json"


def test_nothing_is_taken_that_is_no_longer_wanted(bkash: Bkash) -> None:
    ours = adapter(bkash)
    offer = ours.offer(WANTED)
    bkash.verify(offer.session_ref)
    assert ours.status(handle(offer, wanted=False)).said is Said.WAITING
    assert "execute" not in paths(bkash) and bkash.payments[offer.session_ref].state == "Initiated"


def test_nothing_is_taken_that_its_payer_has_not_confirmed(bkash: Bkash) -> None:
    ours = adapter(bkash)
    offer = ours.offer(WANTED)
    assert ours.status(handle(offer)).said is Said.WAITING and "execute" not in paths(bkash)
    assert ours.called(Call(query={"paymentID": offer.session_ref, "status": "success"})) == offer.session_ref
    assert ours.status(handle(offer)).said is Said.WAITING
    assert "execute" in paths(bkash) and bkash.payments[offer.session_ref].state == "Initiated"


class _NoRedirect(HTTPRedirectHandler):
    def http_error_302(self, req: Request, fp: Any, code: int, msg: str, headers: Any) -> Any:
        return fp


@pytest.mark.parametrize(
    ("decision", "said"), [("success", Said.PAID), ("failure", Said.FAILED), ("cancel", Said.FAILED)]
)
def test_a_browser_comes_back_with_the_payment_and_what_it_says_is_asked(
    bkash: Bkash, decision: str, said: Said
) -> None:
    ours = adapter(bkash)
    offer = ours.offer(WANTED)
    with build_opener(_NoRedirect).open(f"{offer.url}&decision={decision}") as answer:
        back = answer.headers["Location"]
    assert back.startswith(f"{CALLBACK}?paymentID={offer.session_ref}&status=")
    assert ours.called(Call(query=dict(parse_qsl(urlsplit(back).query)))) == offer.session_ref
    assert ours.status(handle(offer)).said is said


@pytest.mark.parametrize("fault", [Fault.SILENT, Fault.LOST, Fault.LATE, Fault.BROKEN, Fault.GARBLED])
@pytest.mark.parametrize("on", ["execute", "payment/status", "token/grant"])
def test_whatever_goes_wrong_in_between_the_money_is_taken_once_and_found(bkash: Bkash, fault: Fault, on: str) -> None:
    clock = Clock()
    ours = adapter(bkash, clock=clock)
    offer = adapter(bkash).offer(WANTED)
    bkash.verify(offer.session_ref)
    bkash.misbehave(fault, on=on)
    words = [ours.status(handle(offer))]
    clock.now_s += 10
    words.append(ours.status(handle(offer)))
    assert words[-1].said is Said.PAID and words[-1].paid_poisha == 125_050
    assert words[0].said in {Said.PAID, Said.WAITING, Said.NOTHING}
    assert bkash.payments[offer.session_ref].state == "Completed"


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.GARBLED, Fault.BROKEN])
def test_a_payment_whose_making_was_not_answered_is_made_anew_and_the_other_never_taken(
    bkash: Bkash, fault: Fault
) -> None:
    ours = adapter(bkash)
    bkash.misbehave(fault, on="create")
    assert ours.offer(WANTED).why
    offer = ours.offer(WANTED)
    for payment_id in bkash.payments:
        bkash.verify(payment_id)
    assert ours.status(handle(offer)).said is Said.PAID
    assert [one.state for one in bkash.payments.values()].count("Completed") == 1


def test_another_amount_is_told_as_it_is(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    bkash.misbehave(Fault.WRONG_AMOUNT, on="payment/status")
    assert ours.status(asked).paid_poisha == 100


def test_another_currency_is_told_as_it_is(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    bkash.currency = "USD"
    assert ours.status(asked).currency == "USD"


def test_amounts_may_be_numbers(bkash: Bkash) -> None:
    bkash.amounts_as_numbers = True
    ours, asked = paid(bkash)
    assert ours.status(asked).paid_poisha == 125_050


def test_another_invoice_is_told_as_it_is(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    bkash.payments[asked.session_ref].invoice = "pay-ANOTHER00000"
    assert ours.status(asked).payment_id == "pay-ANOTHER00000"


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "2002", "statusMessage": "Invalid Payment ID"},
        {"statusCode": "503", "statusMessage": "System is undergoing maintenance. Please try again later"},
        {"statusCode": "0000"},
        {"statusCode": "0000", "paymentID": "TR1", "transactionStatus": "Well"},
        {"statusCode": "0000", "paymentID": "TR2", "transactionStatus": "Completed", "amount": "1", "trxID": "A"},
        {"statusCode": "0000", "paymentID": "TR1", "transactionStatus": "Completed", "amount": "1", "trxID": ""},
        {"statusCode": "0000", "paymentID": "TR1", "transactionStatus": "Completed", "amount": "-1", "trxID": "A"},
        {"statusCode": "0000", "paymentID": "TR1", "transactionStatus": "Completed", "amount": "NaN", "trxID": "A"},
        {"statusCode": "0000", "paymentID": "TR1", "transactionStatus": "Completed", "amount": True, "trxID": "A"},
        [],
        "<html>",
    ],
    ids=str,
)
def test_an_answer_of_200_that_makes_no_sense_is_no_word(answer: Any) -> None:
    class Strange(Standin):
        def answer(self, asked: Asked) -> Answer:
            return Answer({"id_token": "t", "expires_in": "3600"} if asked.path.endswith("grant") else answer)

    with served(Strange()) as address:
        ours = BkashPayments(Account(url=address), CALLBACK, Road(development=True))
        word = ours.status(Handle("pay-1", AT, AT, "TR1"))
        offer = ours.offer(WANTED)
    assert word.said is Said.NOTHING and word.why
    assert offer.why and not offer.url


def test_a_payment_that_bkash_was_not_asked_for_is_not_asked_about(bkash: Bkash) -> None:
    assert adapter(bkash).status(Handle("pay-1", AT, AT)).said is Said.NOTHING
    assert not bkash.heard


# Tokens


def test_one_token_serves_all_questions_of_its_hour_and_is_refreshed_before_it_ends(bkash: Bkash) -> None:
    clock = Clock()
    ours = adapter(bkash, clock=clock)
    for _ in range(3):
        ours.offer(WANTED)
    assert paths(bkash).count("token/grant") == 1
    clock.now_s = 3541
    ours.offer(WANTED)
    assert paths(bkash)[-2:] == ["token/refresh", "create"]


@pytest.mark.parametrize(("refreshable", "how"), [(True, ["token/refresh"]), (False, ["token/refresh", "token/grant"])])
def test_a_token_that_is_refused_is_renewed_once_and_the_question_asked_again(
    bkash: Bkash, refreshable: bool, how: list[str]
) -> None:
    ours = adapter(bkash)
    ours.offer(WANTED)
    bkash.expire_tokens(refreshable=refreshable)
    assert not ours.offer(WANTED).why
    assert paths(bkash)[2:] == ["create", *how, "create"]


def test_threads_that_find_the_token_ended_renew_it_once(bkash: Bkash) -> None:
    ours = adapter(bkash)
    ours.offer(WANTED)
    bkash.expire_tokens()
    offers: list[Offer] = []
    threads = [threading.Thread(target=lambda: offers.append(ours.offer(WANTED))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(offers) == 8 and not any(one.why for one in offers)
    assert paths(bkash).count("token/refresh") == 1


def test_who_is_not_let_in_does_not_knock_with_every_question(bkash: Bkash) -> None:
    clock = Clock()
    ours = adapter(bkash, clock=clock, password="wrong")
    assert [ours.offer(WANTED).why for _ in range(3)] == ["Process failed"] * 3
    assert paths(bkash) == ["token/grant"]
    clock.now_s = 3
    ours.offer(WANTED)
    assert paths(bkash) == ["token/grant"] * 2


# Refunds


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.GARBLED, Fault.BROKEN])
def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(bkash: Bkash, fault: Fault) -> None:
    ours, asked = paid(bkash)
    bkash.misbehave(fault, on="payment/refund")
    first = ours.give_back(replace(asked, asked_before=False), REFUND, 50_000)
    assert not first.done and not first.refused and first.why
    assert ours.give_back(asked, REFUND, 50_000).done
    assert ours.give_back(asked, REFUND, 50_000).done
    given = [json.loads(one.body) for one in bkash.heard if one.path.endswith("payment/refund")]
    assert sum("amount" in one for one in given) == (2 if fault is Fault.BROKEN else 1)
    assert bkash.payments[asked.session_ref].refund["amount"] == "500.00"


def test_a_refund_that_cannot_be_told_from_an_earlier_one_waits_for_a_person(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    assert ours.give_back(replace(asked, asked_before=False), REFUND, 50_000).done
    second = ours.give_back(replace(asked, returned_poisha=50_000), "another", 50_000)
    assert not second.done and not second.refused and "portal" in second.why
    other = ours.give_back(asked, "another", 1_000)
    assert not other.done and not other.refused and "portal" in other.why


def test_more_than_was_paid_is_refused_for_good(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    answer = ours.give_back(replace(asked, asked_before=False), REFUND, 125_051)
    assert answer.refused and "greater" in answer.why
    assert ours.give_back(replace(asked, provider_ref=""), REFUND, 1).refused


def test_whether_a_refund_was_made_is_not_guessed_from_an_error(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    bkash.misbehave(Fault.BROKEN, on="payment/refund")
    answer = ours.give_back(asked, REFUND, 1_000)
    assert not answer.done and not answer.refused and paths(bkash).count("payment/refund") == 1


# Notifications


class Webhook(Standin):
    """Our end, as the callback endpoint hands calls on."""

    def __init__(self, ours: BkashPayments) -> None:
        super().__init__()
        self.ours = ours
        self.named: list[str | None] = []

    def answer(self, asked: Asked) -> Answer:
        self.named.append(self.ours.called(Call(asked.body, asked.query, asked.headers)))
        return Answer("", 202)


@pytest.fixture
def webhook(bkash: Bkash) -> Iterator[Webhook]:
    standin = Webhook(adapter(bkash))
    with served(standin) as url:
        bkash.webhook_url = f"{url}/v1/payments/callbacks/bkash"
        yield standin


def test_a_signed_notification_names_the_payment(bkash: Bkash, webhook: Webhook) -> None:
    offer = webhook.ours.offer(WANTED)
    assert bkash.notify(offer.session_ref) == [202]
    bkash.misbehave(Fault.TWICE, on="webhook")
    bkash.notify(offer.session_ref)
    assert webhook.named == ["pay-7K2M93QFX1ZD"] * 3
    assert [one.path for one in bkash.heard].count("/SimpleNotificationService-standin.pem") == 1


def test_notifications_may_come_in_any_order(bkash: Bkash, webhook: Webhook) -> None:
    offers = [webhook.ours.offer(replace(WANTED, payment_id=f"pay-{n}")) for n in range(3)]
    bkash.misbehave(Fault.OUT_OF_ORDER, on="webhook")
    bkash.notify(*(one.session_ref for one in offers))
    assert webhook.named == ["pay-2", "pay-1", "pay-0"]


def test_a_notification_that_bkash_did_not_sign_names_nothing(bkash: Bkash, webhook: Webhook) -> None:
    offer = webhook.ours.offer(WANTED)
    bkash.misbehave(Fault.WRONG_SIGNATURE, on="webhook")
    bkash.notify(offer.session_ref)
    assert webhook.named == [None]


def test_an_invitation_is_accepted_if_it_is_signed_for_our_topic(bkash: Bkash, webhook: Webhook) -> None:
    bkash.misbehave(Fault.WRONG_SIGNATURE, on="webhook")
    bkash.subscribe()
    assert not bkash.confirmed
    bkash.subscribe()
    assert len(bkash.confirmed) == 1 and webhook.named == [None, None]
    webhook.ours = adapter(bkash, topic="")
    bkash.subscribe()
    assert len(bkash.confirmed) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.ap-southeast-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.ap-southeast-1.amazonaws.com/x.pem",
        "https://sns.ap-southeast-1.amazonaws.com@evil.example/x.pem",
        "http://sns.ap-southeast-1.amazonaws.com/x.pem",
        "https://s3.ap-southeast-1.amazonaws.com/x.pem",
        "https://sns.ap-southeast-1.amazonaws.com/x.txt",
        "http://127.0.0.1:5432/x.pem",
        "file:///etc/ssl/x.pem",
        7,
    ],
    ids=str,
)
def test_a_certificate_is_fetched_from_amazon_and_from_nowhere_else(url: Any) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return []

    ours = BkashPayments(Account(topic=TOPIC), CALLBACK, Road(resolve=resolve))
    told = {"Type": "Notification", "TopicArn": TOPIC, "SignatureVersion": "1", "SigningCertURL": url, "Message": "{}"}
    headers = {"x-amz-sns-message-type": "Notification"}
    assert ours.called(Call(json.dumps(told).encode(), {}, headers)) is None
    assert not asked
    well = told | {"SigningCertURL": "https://sns.ap-southeast-1.amazonaws.com/x.pem"}
    assert ours.called(Call(json.dumps(well).encode(), {}, headers)) is None
    assert asked == ["sns.ap-southeast-1.amazonaws.com"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"Type": "Notification"}', b'"x"', b"\xff"])
def test_whatever_is_sent_to_us_names_nothing_and_breaks_nothing(bkash: Bkash, body: bytes) -> None:
    ours = adapter(bkash)
    assert ours.called(Call(body, {}, {"x-amz-sns-message-type": "Notification"})) is None
    assert ours.called(Call(body)) is None


def test_a_gateway_inside_our_own_network_is_not_called() -> None:
    with pytest.raises(Unacceptable):
        BkashPayments(Account(url="http://127.0.0.1:9"), CALLBACK).offer(WANTED)
    inside = BkashPayments(
        Account(url="https://bkash.example"), CALLBACK, Road(resolve=lambda host, port: ["10.0.0.7"])
    )
    assert "not public" in inside.offer(WANTED).why


def test_time_is_read_as_bkash_writes_it(bkash: Bkash) -> None:
    ours, asked = paid(bkash)
    assert ours.status(asked).paid_at == datetime(2026, 11, 22, 4, 5, 31, tzinfo=UTC)
    assert ours.daily_file(AT.date()) is None
