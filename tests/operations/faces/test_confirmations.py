"""A delivery is confirmed to the world once, in one order, signed; and a mistake is taken back in the open."""

import json
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Barrier
from typing import Any

import pytest
from jwt import InvalidSignatureError, PyJWK
from jwt.api_jws import decode, get_unverified_header
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.faces import confirmations
from post_logistics.operations.faces.confirmations import (
    NOTHING_BEFORE,
    Signer,
    as_lines,
    confirm_deliveries,
    public_keys,
    signer,
)
from post_logistics.storage.database import Database
from post_logistics.storage.faces import confirmations as store
from post_logistics.storage.faces.confirmations import Confirmation, load_confirmations_after
from post_logistics.storage.keeping.archives import let_go
from post_logistics.storage.keeping.partitions import month_of
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan
from tests.operations.conftest import RIDER, SHOP, Story

SIGNER = signer(b"a secret of the tests")


def at(story: Story) -> datetime:
    return story.at + timedelta(hours=12)


def confirmed(story: Story, item: str, claim: Event = Event.DELIVERED_CLAIMED) -> Scan:
    """The scan by which the office confirms that the rider handed the item over."""
    handed = story.scan(item, claim, f"rider:{RIDER}")
    confirmation = story.scan(item, Event.DELIVERED_CONFIRMED, "recipient")
    record_scans(story.connection, [handed, confirmation])
    return confirmation


def take_back(story: Story, wrong: Scan) -> None:
    on_paper = story.scan(wrong.item_number, Event.CONTESTED, wrong.holder)
    record_scans(story.connection, [replace(on_paper, event=Event.CORRECTED, voids=wrong.scan_id)])


def made(connection: Connection) -> list[Confirmation]:
    return load_confirmations_after(connection, 0, 500)


def read(confirmation: Confirmation, key: dict[str, str] = SIGNER.jwk) -> dict[str, Any]:
    """What others read of it, after they have checked the signature."""
    facts: dict[str, Any] = json.loads(decode(confirmation.signed, PyJWK(key), algorithms=["ES256"]))
    return facts


def check_chain(told: list[Confirmation]) -> None:
    """What a platform checks: no number is missing, and each names the hash of the one before."""
    before = NOTHING_BEFORE
    for number, one in enumerate(told, 1):
        facts = read(one)
        assert (facts["number"], facts["previous"]) == (number, before)
        before = sha256(one.signed.encode()).hexdigest()


def kinds(connection: Connection) -> list[tuple[int, str, int | None]]:
    return [(one.number, one.kind, one.corrects) for one in made(connection)]


def test_a_delivery_is_confirmed_when_the_office_has_confirmed_it_and_not_before(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    handed = story.scan(item, Event.DELIVERED_CLAIMED, f"rider:{RIDER}")
    record_scans(story.connection, [handed])
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 0
    office = story.scan(item, Event.DELIVERED_CONFIRMED, "recipient")
    record_scans(story.connection, [office])
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 1
    (one,) = made(story.connection)
    assert read(one) == {
        "number": 1,
        "kind": "delivered",
        "item_number": item,
        "merchant_id": SHOP,
        "made_at": "2026-11-22T18:00:00+06:00",
        "previous": NOTHING_BEFORE,
        "outcome": "delivered",
        "delivered_at": handed.corrected_at.isoformat(),
        "confirmed_at": office.corrected_at.isoformat(),
        "office": "1216",
    }


def test_called_again_it_says_nothing_again(story: Story) -> None:
    items = story.book(0, 0, 0)
    story.out_for_delivery(*items)
    for item in items:
        confirmed(story, item)
    assert [confirm_deliveries(story.connection, SIGNER, at(story)) for _ in range(3)] == [3, 0, 0]
    assert confirm_deliveries(story.connection, SIGNER, at(story), everything=True) == 0
    check_chain(made(story.connection))


def test_a_partial_delivery_says_so(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    confirmed(story, item, Event.PARTIALLY_DELIVERED)
    confirm_deliveries(story.connection, SIGNER, at(story))
    assert read(made(story.connection)[0])["outcome"] == "partially_delivered"


def test_what_was_taken_back_is_corrected_by_a_number_that_names_it(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    wrong = confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    take_back(story, wrong)
    assert [confirm_deliveries(story.connection, SIGNER, at(story)) for _ in range(2)] == [1, 0]
    assert kinds(story.connection) == [(1, "delivered", None), (2, "corrected", 1)]
    facts = read(made(story.connection)[1])
    assert facts["corrects"] == 1 and "delivered_at" not in facts
    check_chain(made(story.connection))


def test_delivered_after_all_it_is_confirmed_anew(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    take_back_and_redo = confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    take_back(story, take_back_and_redo)
    confirmed(story, item)
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 2
    assert kinds(story.connection) == [(1, "delivered", None), (2, "corrected", 1), (3, "delivered", None)]
    assert confirm_deliveries(story.connection, SIGNER, at(story), everything=True) == 0


def test_a_partial_claim_that_arrives_late_corrects_the_word_whole(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    partial = story.scan(item, Event.PARTIALLY_DELIVERED, f"rider:{RIDER}")
    office = story.scan(item, Event.DELIVERED_CONFIRMED, "recipient")
    record_scans(story.connection, [office])
    confirm_deliveries(story.connection, SIGNER, at(story))
    record_scans(story.connection, [partial])
    confirm_deliveries(story.connection, SIGNER, at(story))
    assert [read(one).get("outcome") for one in made(story.connection)] == ["delivered", None, "partially_delivered"]


def test_what_was_confirmed_and_taken_back_between_two_looks_is_never_said(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    take_back(story, confirmed(story, item))
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 0


def test_a_return_is_no_delivery(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    record_scans(
        story.connection,
        [
            story.scan(item, Event.RETURN_REQUESTED, f"rider:{RIDER}"),
            story.scan(item, Event.RETURNED, f"merchant:{SHOP}"),
        ],
    )
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 0


def test_a_scan_that_was_kept_long_after_its_time_is_still_found(story: Story) -> None:
    """A device that was offline for a week uploads after later deliveries have been confirmed."""
    late, soon = story.book(0, 0)
    story.out_for_delivery(late, soon)
    offline = [story.scan(late, e, h) for e, h in ((Event.DELIVERED_CLAIMED, f"rider:{RIDER}"),)]
    confirmed(story, soon)
    confirm_deliveries(story.connection, SIGNER, at(story))
    uploaded_at = at(story) + timedelta(days=7)
    office = story.scan(late, Event.DELIVERED_CONFIRMED, "recipient")
    record_scans(story.connection, [replace(scan, recorded_at=uploaded_at) for scan in (*offline, office)])
    assert confirm_deliveries(story.connection, SIGNER, uploaded_at + timedelta(minutes=1)) == 1


@pytest.mark.parametrize("told_late", [Event.DELIVERED_CLAIMED, Event.EXCHANGED, Event.OUT_FOR_DELIVERY])
def test_a_part_that_turns_out_to_be_the_whole_is_corrected(story: Story, told_late: Event) -> None:
    """The rider's device was offline, and told only after the office had confirmed what else happened at the door."""
    item, other = story.book(0, 0)
    story.out_for_delivery(item, other)
    part = story.scan(item, Event.PARTIALLY_DELIVERED, f"rider:{RIDER}")
    whole = story.scan(item, told_late, f"rider:{RIDER}")
    office = story.scan(item, Event.DELIVERED_CONFIRMED, "recipient")
    record_scans(story.connection, [part, office])
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 1
    story.at += timedelta(hours=2)
    confirmed(story, other)
    assert confirm_deliveries(story.connection, SIGNER, at(story)) == 1
    record_scans(story.connection, [replace(whole, recorded_at=at(story))])
    assert confirm_deliveries(story.connection, SIGNER, at(story) + timedelta(hours=1)) == 2
    told = [one for one in made(story.connection) if one.item_number == item]
    assert [(one.kind, read(one).get("outcome")) for one in told] == [
        ("delivered", "partially_delivered"),
        ("corrected", None),
        ("delivered", "delivered"),
    ]


def test_what_is_left_of_a_torn_history_corrects_nothing(story: Story) -> None:
    """Its months were let go, and then a scan came of what was delivered long ago."""
    (item,) = story.book(0)
    story.out_for_delivery(item)
    confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    let_go(story.connection, "scans", month_of(story.at), [State.DELIVERED.value], [])
    record_scans(story.connection, [story.scan(item, Event.PARTIALLY_DELIVERED, f"rider:{RIDER}")])
    assert confirm_deliveries(story.connection, SIGNER, at(story), everything=True) == 0
    assert kinds(story.connection) == [(1, "delivered", None)]


def test_many_at_once_confirm_each_delivery_once_and_without_gaps(database: Database, tell: type[Story]) -> None:
    begin = datetime.fromisoformat("2026-11-22T06:00:00+06:00")
    with database.transaction() as connection:
        story = tell(connection, begin)
        items = story.book(*[0] * 12)
        story.out_for_delivery(*items)
        for item in items:
            confirmed(story, item)
    together = Barrier(6)

    def run(n: int) -> int:
        with database.transaction() as connection:
            together.wait()
            return confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12), everything=n % 2 == 0)

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(run, range(6)))
    assert sorted(counts) == [0, 0, 0, 0, 0, 12]
    with database.transaction() as connection:
        check_chain(made(connection))


@pytest.mark.parametrize("look_back", [confirmations._LOOK_BACK, timedelta(0)], ids=["as it is", "red control"])
def test_a_slow_transaction_is_not_forgotten(
    database: Database, tell: type[Story], monkeypatch: pytest.MonkeyPatch, look_back: timedelta
) -> None:
    """It recorded its delivery first and was done last; a run in between had something else to say."""
    monkeypatch.setattr(confirmations, "_LOOK_BACK", look_back)
    begin = datetime.fromisoformat("2026-11-22T06:00:00+06:00")
    with database.transaction() as connection:
        story = tell(connection, begin)
        slow_item, quick_item = story.book(0, 0)
        story.out_for_delivery(slow_item, quick_item)
    with database.transaction() as slow:
        story.connection = slow
        confirmed(story, slow_item)
        with database.transaction() as quick:
            scan = story.scan(quick_item, Event.DELIVERED_CONFIRMED, "recipient")
            record_scans(quick, [replace(scan, device_id="another")])  # scans of one device wait for one another
        with database.transaction() as connection:
            assert confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12)) == 1
    with database.transaction() as connection:
        assert confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12)) == (1 if look_back else 0)
        check_chain(made(connection))


def test_whoever_is_killed_half_way_leaves_nothing_and_the_next_says_it_all(
    database: Database, tell: type[Story]
) -> None:
    begin = datetime.fromisoformat("2026-11-22T06:00:00+06:00")
    with database.transaction() as connection:
        story = tell(connection, begin)
        items = story.book(0, 0)
        story.out_for_delivery(*items)
        for item in items:
            confirmed(story, item)
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        assert confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12)) == 2
        raise ZeroDivisionError
    with database.transaction() as connection:
        assert made(connection) == []
        assert confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12)) == 2
        check_chain(made(connection))


def test_red_control_without_the_lock_the_table_refuses_the_second(
    database: Database, tell: type[Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that do not wait for one another: the loser keeps nothing, and no number is ever there twice."""
    begin = datetime.fromisoformat("2026-11-22T06:00:00+06:00")
    with database.transaction() as connection:
        story = tell(connection, begin)
        (item,) = story.book(0)
        story.out_for_delivery(item)
        confirmed(story, item)
    monkeypatch.setattr(store, "_LOCK", None)  # pg_advisory_xact_lock(null) holds nobody up
    together = Barrier(2)
    keep = store.append_confirmations

    def keep_together(connection: Connection, values: Any) -> None:
        together.wait()
        keep(connection, values)

    monkeypatch.setattr(store, "append_confirmations", keep_together)

    def run(_: int) -> int:
        with database.transaction() as connection:
            return confirm_deliveries(connection, SIGNER, begin + timedelta(hours=12))

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(run, n) for n in range(2)]
        errors = [future.exception() for future in futures]
    assert sorted(isinstance(error, IntegrityError) for error in errors) == [False, True]
    with database.transaction() as connection:
        check_chain(made(connection))


@pytest.mark.parametrize(
    "change", ["update confirmations set signed = ''", "delete from confirmations", "truncate confirmations cascade"]
)
def test_what_was_said_cannot_be_unsaid(story: Story, change: str) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    with pytest.raises(DBAPIError, match="are facts"), story.connection.begin_nested():
        story.connection.execute(text(change))


def test_red_control_a_changed_word_or_another_key_is_noticed(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    (one,) = made(story.connection)
    header, payload, signature = one.signed.split(".")
    other = payload[:10] + ("A" if payload[10] != "A" else "B") + payload[11:]
    with pytest.raises(InvalidSignatureError):
        read(replace(one, signed=f"{header}.{other}.{signature}"))
    with pytest.raises(InvalidSignatureError):
        read(one, signer(b"another secret").jwk)


def test_one_secret_makes_one_key_and_another_another() -> None:
    again = signer(b"a secret of the tests")
    assert again.jwk == SIGNER.jwk and again.jwk["kid"] != signer(b"another secret").jwk["kid"]
    assert "d" not in SIGNER.jwk
    members = json.dumps({name: SIGNER.jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    assert urlsafe_b64decode(SIGNER.jwk["kid"] + "=") == sha256(members.encode()).digest()  # RFC 7638


def test_what_is_signed_names_its_key_and_its_kind() -> None:
    header = json.loads(urlsafe_b64decode(SIGNER.sign({}).split(".")[0] + "=="))
    assert header == {"alg": "ES256", "kid": SIGNER.jwk["kid"], "typ": "delivery-confirmation+jws"}


def test_neither_name_nor_amount_is_said(story: Story) -> None:
    (item,) = story.book(476_543)
    story.out_for_delivery(item)
    confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    told = str(read(made(story.connection)[0]))
    assert not [word for word in ("476543", "কৃষ্ণা", "1712345678", "House", RIDER) if word in told]


def test_the_signer_is_not_printed() -> None:
    assert isinstance(SIGNER, Signer)
    assert "a secret" not in repr(SIGNER)


def test_every_key_that_signed_is_told_for_ever_and_the_one_of_now_last(story: Story) -> None:
    other = signer(b"the secret before")
    items = story.book(0, 0, 0)
    story.out_for_delivery(*items)
    assert public_keys(story.connection, SIGNER) == [SIGNER.jwk], "also before it has signed anything"
    for item, by in zip(items, (other, other, SIGNER), strict=True):
        confirmed(story, item)
        assert confirm_deliveries(story.connection, by, at(story)) == 1
    assert public_keys(story.connection, SIGNER) == [other.jwk, SIGNER.jwk]
    keys = {one["kid"]: one for one in public_keys(story.connection, SIGNER)}
    told = made(story.connection)
    assert [read(one, keys[get_unverified_header(one.signed)["kid"]])["number"] for one in told] == [1, 2, 3]


def test_as_lines_they_are_what_pages_say(story: Story) -> None:
    items = story.book(0, 0)
    story.out_for_delivery(*items)
    for item in items:
        confirmed(story, item)
    confirm_deliveries(story.connection, SIGNER, at(story))
    lines = [json.loads(line) for line in as_lines(story.connection, 0)]
    assert [(one["number"], one["signed"]) for one in lines] == [
        (one.number, one.signed) for one in made(story.connection)
    ]
    assert [json.loads(line)["number"] for line in as_lines(story.connection, 1)] == [2]
