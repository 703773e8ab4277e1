"""What is known of people is forgotten in time, wholly, once, and for nobody who is still waiting."""

import hmac
import subprocess
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from post_logistics.errors import Unacceptable
from post_logistics.operations.keeping.retention import (
    RetentionRules,
    count_forgettable,
    drop_old_uploads,
    forget,
    load_retention_rules,
    pseudonymise,
    tend,
)
from post_logistics.storage.custody.scans import append_scans, ensure_months, load_scans, load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.embedded import tool
from post_logistics.storage.keeping.partitions import begins_at, load_months, month_of
from post_logistics.storage.keeping.retention import Forgotten
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.lifecycle import TERMINAL, Event, State
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, Postcode
from tests.operations.conftest import SHOP, Story

RULES = RetentionRules(
    recipients_days=240, silent_days=730, messages_days=90, view_cards_days=1, uploads_months=8, scans_months=13
)
KEY = b"a key of some length"
DAY = timedelta(days=1)
CANARIES = ("কৃষ্ণা ক্ষত্রী", "+8801712345678", "Section 10, Mirpur", "ask for Rahima", "23.8012345", "90.3712345")
"""Name, telephone, street, note and point that nobody may find any more."""


def stand(connection: Connection, item: str, state: State, at: datetime) -> None:
    """The item's journey ends, or stops, there and then."""
    connection.execute(
        text("update journeys set state = :state, since = :at, last_at = :at where item_number = :item"),
        {"state": state.value, "at": at, "item": item},
    )


def settle(connection: Connection, item: str, at: datetime) -> None:
    connection.execute(
        text(
            "insert into settlements values (:id, :shop, :on, '', 0, 0, 0, 0, 0, 0, 0, 0, '[]', '', :at, 0, 0) "
            "on conflict do nothing"
        ),
        {"id": f"s-{at:%Y%m%d}", "shop": SHOP, "on": at.date(), "at": at},
    )
    connection.execute(
        text("insert into settlement_lines values (:item, :id, :item, 'delivered', 0, 0, 0, 0)"),
        {"item": item, "id": f"s-{at:%Y%m%d}"},
    )


def delivered(story: Story, count: int = 1) -> list[str]:
    """Parcels delivered and settled on the morning of the story."""
    items = story.book(*[0] * count)
    for item in items:
        stand(story.connection, item, State.DELIVERED, story.at)
        settle(story.connection, item, story.at)
    return items


def readable(connection: Connection, item: str) -> bool:
    return bool(
        connection.execute(
            text("select erased_at is null from recipients where item_number = :item"), {"item": item}
        ).scalar_one()
    )


def run(story: Story, at: datetime) -> Forgotten:
    done, last = pseudonymise(story.connection, RULES, KEY, at)
    assert (last is None) == (done.recipients == 0 and last is None)
    return done


def test_a_finished_and_settled_recipient_is_forgotten_after_the_period_and_not_a_moment_before(story: Story) -> None:
    (item,) = delivered(story)
    due = story.at + RULES.recipients_days * DAY
    assert run(story, due).recipients == 0
    assert readable(story.connection, item)
    assert run(story, due + timedelta(microseconds=1)).recipients == 1
    assert not readable(story.connection, item)


def test_what_is_forgotten_is_name_telephone_address_note_and_the_exact_point(story: Story) -> None:
    (item,) = delivered(story)
    before = load_consignments(story.connection, [item])[item]
    run(story, story.at + 241 * DAY)
    after = load_consignments(story.connection, [item])[item]
    assert (after.recipient_phone, after.recipient_address, after.note) == ("", "", "")
    assert after.recipient_name.startswith("person-")
    assert abs(after.lat_deg - before.lat_deg) <= 0.005 and abs(after.lon_deg - before.lon_deg) <= 0.005
    assert after.precision_m > before.precision_m
    same = ("recipient_name", "recipient_phone", "recipient_address", "note", "lat_deg", "lon_deg", "precision_m")
    assert replace(after, **{name: getattr(before, name) for name in same}) == before


def test_the_pseudonym_is_the_hmac_of_the_telephone_number(story: Story) -> None:
    items = delivered(story, 3)
    story.connection.execute(
        text(
            "update recipients set recipient_phone = '+8801812345678', recipient_name = 'other' where item_number = :i"
        ),
        {"i": items[2]},
    )
    for key in (KEY, b"k" * 64, b"k" * 65, b"\xff\x00" * 100):
        with story.connection.begin_nested() as undone:
            pseudonymise(story.connection, RULES, key, story.at + 241 * DAY)
            names = [load_consignments(story.connection, [item])[item].recipient_name for item in items]
            undone.rollback()
        expected = [hmac.digest(key, phone, "sha256").hex()[:32] for phone in (b"+8801712345678", b"+8801812345678")]
        assert names == [f"person-{expected[0]}"] * 2 + [f"person-{expected[1]}"]


def test_done_again_it_changes_nothing(story: Story) -> None:
    delivered(story, 2)
    run(story, story.at + 241 * DAY)
    before = story.connection.execute(text("select recipients::text from recipients order by 1")).all()
    assert pseudonymise(story.connection, RULES, b"another key", story.at + 900 * DAY) == (Forgotten(), None)
    assert story.connection.execute(text("select recipients::text from recipients order by 1")).all() == before


@pytest.mark.parametrize("state", sorted(State))
def test_only_an_end_counts_and_of_the_others_only_years_of_silence(story: Story, state: State) -> None:
    items = delivered(story)
    stand(story.connection, items[0], state, story.at)
    assert run(story, story.at + 241 * DAY).recipients == (state in TERMINAL)
    run(story, story.at + 731 * DAY)
    assert not readable(story.connection, items[0])


def test_a_parcel_that_waits_for_its_settlement_is_not_forgotten_and_a_cancelled_one_needs_none(story: Story) -> None:
    waiting, cancelled, late = story.book(100, 0, 0)
    stand(story.connection, waiting, State.DELIVERED, story.at)
    stand(story.connection, cancelled, State.CANCELLED, story.at)
    stand(story.connection, late, State.RETURNED, story.at)
    settle(story.connection, late, story.at + 100 * DAY)
    run(story, story.at + 300 * DAY)
    assert [readable(story.connection, item) for item in (waiting, cancelled, late)] == [True, False, True]
    run(story, story.at + 341 * DAY)
    assert [readable(story.connection, item) for item in (waiting, late)] == [True, False]


def test_what_is_disputed_is_kept_until_it_is_closed_or_silent_for_years(story: Story) -> None:
    contested, claimed = delivered(story, 2)
    story.connection.execute(
        text(
            "insert into exceptions (item_number, kind, office, custodian, expected, opened_at) "
            "values (:item, 'contested', '1216', 'rider:1216-R01', '', :at)"
        ),
        {"item": contested, "at": story.at},
    )
    claim = uuid4()
    story.connection.execute(
        text("insert into claims values (:id, :item, 'loss', 1000, 'shop', :at, :on)"),
        {"id": claim, "item": claimed, "at": story.at, "on": date(2026, 12, 31)},
    )
    story.connection.execute(
        text("insert into claim_steps values (:id, :number, :step, null, 'finance', '', :at)"),
        [
            {"id": claim, "number": 1, "step": "opened", "at": story.at},
            {"id": claim, "number": 2, "step": "refused", "at": story.at + 200 * DAY},
        ],
    )
    run(story, story.at + 300 * DAY)
    assert readable(story.connection, contested) and readable(story.connection, claimed)
    run(story, story.at + 441 * DAY)
    assert readable(story.connection, contested) and not readable(story.connection, claimed)
    story.connection.execute(text("update exceptions set closed_at = now(), closed_by = 'manager'"))
    run(story, story.at + 441 * DAY)
    assert not readable(story.connection, contested)


def test_nothing_older_than_its_promise_is_forgotten_before_the_promised_day_counts(story: Story) -> None:
    (item,) = delivered(story)
    stand(story.connection, item, State.DELIVERED, story.at - 30 * DAY)
    run(story, story.at + 225 * DAY)
    assert readable(story.connection, item)


def attach_what_is_personal(connection: Connection, item: str, at: datetime) -> None:
    """A note, a point, a proof with its picture, a code and a link."""
    connection.execute(
        text("update recipients set note = 'ask for Rahima', lat_deg = 23.8012345, lon_deg = 90.3712345")
    )
    sender = {"item": item, "name": "Rahima", "phone": "+8801712345678"}
    connection.execute(text("insert into walk_in_senders values (:item, :name, :phone)"), sender)
    scan_id, proof_id = uuid4(), uuid4()
    append_scans(connection, [a_scan_with_a_note(scan_id, item, at)])
    for kind, detail, closing_note in (("contested", "ask for Rahima", ""), ("overdue", "", "ask for Rahima")):
        connection.execute(
            text(
                "with made as (insert into exceptions (item_number, kind, office, custodian, expected, opened_at, "
                "closed_at, closed_by, detail, closing_note) "
                "values (:item, :kind, '1216', '', '', :at, :at, 'manager', :detail, :note) returning exception_id) "
                "insert into exception_steps "
                "select exception_id, 1, 'closed', 'manager', 'ask for Rahima', :at from made"
            ),
            {"item": item, "kind": kind, "detail": detail, "note": closing_note, "at": at},
        )
    claim = {"id": uuid4(), "item": item, "at": at, "on": at.date()}
    connection.execute(text("insert into claims values (:id, :item, 'loss', 1000, 'shop', :at, :on)"), claim)
    connection.execute(
        text("insert into claim_steps values (:id, 1, 'refused', null, 'finance', 'ask for Rahima', :at)"), claim
    )
    connection.execute(
        text(
            "insert into plans values ('1216', 'delivery', :on, 1, :at, 0, 0, "
            """'[{"stops": [{"lat_deg": 23.8012345, "lon_deg": 90.3712345}]}]', '[]')"""
        ),
        claim,
    )
    connection.execute(
        text(
            "insert into proofs (proof_id, item_number, scan_id, kind, digest, office, taken_at, recorded_at) "
            "values (:id, :item, :scan, 'signature', 'digest', '1216', :at, :at)"
        ),
        {"id": proof_id, "item": item, "scan": scan_id, "at": at},
    )
    connection.execute(
        text("insert into proof_bodies values (:id, 'text/plain', :body)"),
        {"id": proof_id, "body": "কৃষ্ণা ক্ষত্রী".encode()},
    )
    connection.execute(
        text("insert into one_time_codes values (:item, 'view', 'hash', :at, :until, 0, null, :at, 1, 0)"),
        {"item": item, "at": at, "until": at + 900 * DAY},
    )
    connection.execute(
        text("insert into recipient_links values ('hash', :item, :at, :until)"),
        {"item": item, "at": at, "until": at + 900 * DAY},
    )


def a_scan_with_a_note(scan_id: UUID, item: str, at: datetime) -> Scan:
    return Scan(
        scan_id=scan_id,
        item_number=ItemNumber(item),
        event=Event.ON_HOLD,
        occurred_at=at,
        recorded_at=at,
        device_id="counter",
        sequence=77,
        office=Postcode("1216"),
        holder="office:1216",
        note="ask for Rahima, Section 10, Mirpur",
    )


def dump(database: Database) -> str:
    """Everything that is in the test's schema, as text; bytes are written out, too."""
    with database.transaction() as connection:
        schema = connection.execute(text("select current_schema()")).scalar_one()
    plain = database.url.replace("+psycopg", "")
    command = [tool("pg_dump"), "--data-only", "--schema", schema, plain]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def found(canaries: tuple[str, ...], whole: str) -> set[str]:
    return {c for c in canaries if c in whole or c.encode().hex() in whole}


def test_after_it_nobody_finds_name_telephone_street_note_or_point_anywhere_in_the_database(
    database: Database, tell: type[Story], morning: datetime
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        (item,) = delivered(story)
        attach_what_is_personal(connection, item, morning)
    assert found(CANARIES, dump(database)) == set(CANARIES), "red control: before it, all of them are there"
    done = forget(database, RULES, KEY, morning + 241 * DAY)
    assert done == Forgotten(recipients=1, proofs=1, notes=6, codes=1, links=1, plans=1)
    assert found(CANARIES, dump(database)) == set()


def test_custody_and_proof_stay(database: Database, tell: type[Story], morning: datetime) -> None:
    with database.transaction() as connection:
        (item,) = delivered(tell(connection, morning))
        attach_what_is_personal(connection, item, morning)
        before = load_scans(connection, [item]), load_standings(connection, [item])
    forget(database, RULES, KEY, morning + 241 * DAY)
    with database.transaction() as connection:
        scans, standings = before
        assert load_standings(connection, [item]) == standings
        assert load_scans(connection, [item]) == [replace(scan, note="") for scan in scans]
        assert connection.execute(text("select digest from proofs")).scalars().all() == ["digest"]


def test_it_goes_through_all_of_them_in_small_batches_and_tells_how_far_it_is(
    database: Database, tell: type[Story], morning: datetime
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        delivered(story, 7)
        connection.execute(
            text("update journeys set state = 'lost' where item_number = (select max(item_number) from journeys)")
        )
        assert count_forgettable(connection, RULES, morning + 241 * DAY) == 6
    told: list[int] = []
    total = forget(database, RULES, KEY, morning + 241 * DAY, lambda so_far: told.append(so_far.recipients), size=2)
    assert total.recipients == 6
    assert told == sorted(told) and told[-1] == 6 and len(told) >= 4
    with database.transaction() as connection:
        assert count_forgettable(connection, RULES, morning + 241 * DAY) == 0


def test_codes_and_links_go_when_they_expire_and_messages_when_they_are_old(
    database: Database, tell: type[Story], morning: datetime
) -> None:
    with database.transaction() as connection:
        (item,) = tell(connection, morning).book(0)
        attach_what_is_personal(connection, item, morning - 900 * DAY)
        connection.execute(
            text(
                "insert into sms_messages (sms_id, item_number, event, language, office, segments, status, made_at, "
                "not_before, tries, last_answer) "
                "values (:id, :item, 'out_for_delivery', 'bn', '1216', 1, :status, :at, :at, 1, '')"
            ),
            [
                {"id": n, "item": item, "status": status, "at": morning - days * DAY}
                for n, status, days in (("a", "sent", 91), ("b", "sent", 89), ("c", "waiting", 91), ("d", "failed", 10))
            ],
        )
    assert forget(database, RULES, KEY, morning) == Forgotten(messages=1, plans=1)
    assert forget(database, RULES, KEY, morning + 2 * DAY) == Forgotten(codes=1, links=1, messages=1)
    with database.transaction() as connection:
        kept = connection.execute(text("select sms_id from sms_messages order by 1")).scalars().all()
    assert kept == ["c", "d"]


def test_signed_batches_go_by_the_month(database: Database, morning: datetime) -> None:
    months = [begins_at(date(2026, month, 1)) for month in (2, 3, 11)]
    with database.transaction() as connection:
        ensure_months(connection, months)
        connection.execute(
            text("insert into uploads select gen_random_uuid(), unnest(cast(:at as timestamptz[])), 'd', 's', 'b'"),
            {"at": months},
        )
    assert drop_old_uploads(database, RULES, begins_at(date(2026, 11, 1)) - timedelta(seconds=1)) == []
    assert drop_old_uploads(database, RULES, begins_at(date(2026, 11, 1))) == [date(2026, 2, 1)]
    assert drop_old_uploads(database, RULES, begins_at(date(2026, 12, 1))) == [date(2026, 3, 1)]
    with database.transaction() as connection:
        assert connection.execute(text("select count(*) from uploads")).scalar_one() == 1
        assert {one.month for one in load_months(connection) if one.table_name == "scans"} == {
            month_of(month) for month in months
        }, "scans are not touched"


def test_a_night_prepares_the_months_and_forgets(database: Database, tell: type[Story], morning: datetime) -> None:
    with database.transaction() as connection:
        delivered(tell(connection, morning))
    night = tend(database, RULES, KEY, morning + 241 * DAY)
    assert night.forgotten.recipients == 1
    assert len(night.months) == 3
    again = tend(database, RULES, KEY, morning + 241 * DAY)
    assert (again.forgotten, again.uploads_dropped) == (Forgotten(), [])


def test_without_a_key_nothing_is_done(story: Story) -> None:
    delivered(story)
    with pytest.raises(Unacceptable, match="need a key"):
        pseudonymise(story.connection, RULES, b"", story.at + 900 * DAY)


def test_the_shipped_rules_are_read() -> None:
    rules = load_retention_rules(Path(__file__).parents[3] / "data")
    assert rules.silent_days >= rules.recipients_days > 180, "a claim of loss may come 180 days after booking"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("recipients_days = 0", "recipients_days"),
        ('recipients_days = "240"', "recipients_days"),
        ("recipients_days = 800", "silent_days"),
        ("", "recipients_days"),
        ("recipients_days = 1\nforever = 1", "forever"),
    ],
)
def test_rules_that_cannot_be_are_refused_by_name(tmp_path: Path, change: str, field: str) -> None:
    rest = "silent_days = 730\nmessages_days = 90\nview_cards_days = 1\nuploads_months = 8\nscans_months = 13\n"
    (tmp_path / "retention.toml").write_text(f"{change}\n{rest}", encoding="utf-8")
    with pytest.raises(Unacceptable) as refused:
        load_retention_rules(tmp_path)
    assert refused.value.field == field
    assert refused.value.remedy


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parcels=st.lists(
        st.tuples(st.sampled_from(sorted(State)), st.integers(0, 900), st.none() | st.integers(0, 900), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    size=st.integers(1, 4),
)
def test_what_is_forgotten_is_what_the_rule_says_of_each_parcel_alone(
    story: Story, parcels: list[tuple[State, int, int | None, bool]], size: int
) -> None:
    now = story.at
    with story.connection.begin_nested() as undone:
        items = story.book(*[0] * len(parcels))
        story.connection.execute(text("set session_replication_role = replica"))
        story.connection.execute(text("update consignments set promised_on = '2020-01-01'"))
        story.connection.execute(text("set session_replication_role = origin"))
        expected = []
        for item, (state, silent_days, settled_days, disputed) in zip(items, parcels, strict=True):
            stand(story.connection, item, state, now - silent_days * DAY)
            if settled_days is not None:
                settle(story.connection, item, now - settled_days * DAY)
            if disputed:
                story.connection.execute(
                    text(
                        "insert into exceptions (item_number, kind, office, custodian, expected, opened_at) "
                        "values (:item, 'contested', '1216', '', '', now())"
                    ),
                    {"item": item},
                )
            settled = settled_days is not None or state is State.CANCELLED
            quiet_days = min(silent_days, silent_days if settled_days is None else settled_days)
            over = state in TERMINAL and settled and not disputed and quiet_days > RULES.recipients_days
            expected.append(not (over or silent_days > RULES.silent_days))
        last: str | None = ""
        while last is not None:
            _, last = pseudonymise(story.connection, RULES, KEY, now, last, size)
        assert [readable(story.connection, item) for item in items] == expected
        undone.rollback()
