"""Payment providers: the one made of files, and the one over HTTP, which is believed only where it makes sense."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from post_logistics.channels.payments.asking import Road
from post_logistics.channels.payments.hosted import HostedPayments
from post_logistics.channels.payments.port import Call, FileLine, Handle, PaymentProvider, Wanted
from post_logistics.cod.payments import Said
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 14, 0, tzinfo=DHAKA)
ENDS = AT + timedelta(minutes=30)
WANTED = Wanted("pay-1", 125_050, "DP473124829BD", AT, ENDS, "https://post.example/paid/pay-1/0")


def named(payment_id: str) -> Handle:
    return Handle(payment_id, AT, ENDS)


@contextmanager
def serving(answers: dict[str, Any], heard: list[Any]) -> Iterator[PaymentProvider]:
    """A provider whose answer to each question is given; a text is sent as it is, a number is a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            what = self.path.rpartition("/")[2]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append((what, body, self.headers["Authorization"]))
            answer = answers.get(what, 404)
            text = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(answer if isinstance(answer, int) else 200)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield HostedPayments(f"http://127.0.0.1:{server.server_port}/api", "secret", road=Road(development=True))
    finally:
        server.shutdown()
        server.server_close()


def test_over_http_amounts_are_taka_and_the_key_goes_along() -> None:
    heard: list[Any] = []
    paid = {"status": "paid", "payment_id": "pay-1", "amount": "1250.50", "currency": "BDT", "provider_ref": "TX9"}
    answers = {
        "create": {"url": "https://pay.example/1", "qr": "000201", "provider_ref": "TX9"},
        "get-status": paid | {"paid_at": AT.isoformat()},
        "refund": {"status": "done"},
    }
    with serving(answers, heard) as provider:
        assert provider.offer(WANTED).url == "https://pay.example/1"
        word = provider.status(named("pay-1"))
        assert (word.said, word.paid_poisha, word.provider_ref, word.paid_at) == (Said.PAID, 125_050, "TX9", AT)
        assert provider.give_back(named("pay-1"), "r1", 50).done
    assert [what for what, *_ in heard] == ["create", "get-status", "refund"]
    assert heard[0][1]["amount"] == "1250.50" and heard[2][1]["amount"] == "0.50"
    assert {key for *_, key in heard} == {"Bearer secret"}


@pytest.mark.parametrize(
    "answer",
    [
        503,
        "not JSON",
        "[]",
        "{}",
        {"status": "well"},
        {"status": "paid", "payment_id": "pay-1", "currency": "BDT", "provider_ref": "T"},
        {"status": "paid", "payment_id": "pay-1", "currency": "BDT", "provider_ref": "T", "amount": "1.001"},
        {"status": "paid", "payment_id": "pay-1", "currency": "BDT", "provider_ref": "T", "amount": "-1"},
        {"status": "paid", "payment_id": "pay-1", "currency": "BDT", "provider_ref": "T", "amount": "NaN"},
        {"status": "paid", "payment_id": "pay-1", "currency": "BDT", "provider_ref": "", "amount": "1"},
        '{"status": "paid", "x": "' + "y" * 10_000 + '"}',
    ],
    ids=lambda one: str(one)[:40],
)
def test_an_answer_that_makes_no_sense_is_no_word(answer: Any) -> None:
    with serving({"get-status": answer}, []) as provider:
        assert provider.status(named("pay-1")).said is Said.NOTHING


NO_PAGES = [
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "http://pay.example/1",
    "//pay.example/1",
    "https:pay.example",
    "https://post.example@pay.example/1",
    "https://pay.example\\@post.example/1",
    'https://pay.example/" onmouseover="x',
    "https://pay.example/\r\nSet-Cookie: a=1",
    " https://pay.example/1",
]


@pytest.mark.parametrize(
    "answer", [500, {}, {"url": 7}, {"url": "x" * 2001}, *({"url": one} for one in NO_PAGES)], ids=str
)
def test_an_offer_that_makes_no_sense_says_why(answer: Any) -> None:
    with serving({"create": answer}, []) as provider:
        offer = provider.offer(WANTED)
    assert offer.why and not offer.url


def test_a_refund_that_is_not_answered_is_neither_done_nor_refused() -> None:
    with serving({"refund": 500}, []) as provider:
        answer = provider.give_back(named("pay-1"), "r", 1)
    assert not answer.done and not answer.refused and answer.why


def test_a_provider_inside_our_own_network_is_not_called() -> None:
    with pytest.raises(Unacceptable):
        HostedPayments("http://127.0.0.1:9/api", "k").status(named("pay-1"))
    inside = HostedPayments("https://pay.example", "k", road=Road(resolve=lambda host, port: ["10.0.0.7"]))
    assert inside.status(named("pay-1")).said is Said.NOTHING
    assert "not public" in inside.offer(WANTED).why


def test_a_day_is_told_line_by_line_and_none_of_it_if_one_makes_no_sense() -> None:
    line = {"payment_id": "pay-1", "provider_ref": "TX9", "amount": "1250.50", "fee": "12.50", "currency": "BDT"}
    wrong: list[Any] = [
        {},
        {"lines": "x"},
        {"lines": [line, {"amount": "1"}]},
        {"lines": [line | {"amount": "x"}]},
        500,
    ]
    heard: list[Any] = []
    with serving({"daily-file": {"lines": [line | {"paid_at": AT.isoformat()}]}}, heard) as provider:
        told = provider.daily_file(AT.date())
    assert told is not None and told.lines == (FileLine("pay-1", "TX9", 125_050, 1_250, "BDT", AT),)
    assert heard[0][1] == {"on": "2026-11-22"}
    for answer in wrong:
        with serving({"daily-file": answer}, []) as provider:
            told = provider.daily_file(AT.date())
            assert told is not None and told.why and not told.lines


def test_a_long_day_is_read_to_its_end() -> None:
    lines = [{"payment_id": f"pay-{n}", "provider_ref": f"T{n}", "amount": "1.00"} for n in range(5_000)]
    with serving({"daily-file": {"lines": lines}}, []) as provider:
        told = provider.daily_file(AT.date())
    assert told is not None and len(told.lines) == 5_000


@pytest.mark.parametrize(
    ("call", "reference"),
    [
        (Call(b'{"payment_id": "pay-1"}'), "pay-1"),
        (Call(b"payment_id=pay-1&status=paid"), "pay-1"),
        (Call(query={"payment_id": "pay-1"}), "pay-1"),
        (Call(b'{"payment_id": 7}'), None),
        (Call(b'["pay-1"]'), None),
        (Call(b"\xff\xfe"), None),
        (Call(), None),
    ],
)
def test_a_call_names_a_payment_in_any_form_or_none(call: Call, reference: str | None) -> None:
    assert HostedPayments("https://pay.example", "k").called(call) == reference
