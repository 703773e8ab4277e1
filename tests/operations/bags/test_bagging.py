"""Bags are numbered, filled and sealed; a thing is in one bag at a time, and told twice nothing changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError

from post_logistics.consignments.receptacles import parse_receptacle
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.bags.bag_papers import bag_label, bag_manifest
from post_logistics.operations.bags.bagging import Act, bag_of, contents, make_bags, put_in, seal, take_out, unseal
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.bags import receptacles
from post_logistics.storage.database import Connection, Database
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA
from tests.operations.conftest import Story
from tests.operations.packing import AWAY, HOME, HUB, Mail

LANE = "BD1205BD1216CCC6"
ASKED = UUID("00000000-0000-4000-8000-000000000001")


@pytest.fixture
def mail(story: Story, facts: Facts, morning: datetime) -> Mail:
    return Mail(story, facts, morning)


def ask(mail: Mail, count: int, at: datetime, request_id: UUID | None = None, to: str = AWAY) -> list[str]:
    return make_bags(mail.connection, mail.facts, Act(HOME, at, at), to, count, request_id or uuid4())


def number_everything(connection: Connection, first: int, last: int, made_at: datetime) -> None:
    """Gives out whole series of the lane."""
    connection.execute(
        text(
            "insert into bag_numbers select gen_random_uuid(), :lane || to_char(n, 'FM0000'), 1, 999, :at "
            "from generate_series(cast(:first as int), cast(:last as int)) n"
        ),
        {"lane": LANE, "first": first, "last": last, "at": made_at},
    )


class TestNumbers:
    def test_go_on_where_the_day_left_off_and_begin_a_new_series_the_next_day(self, mail: Mail) -> None:
        assert ask(mail, 2, mail.morning) == [f"{LANE}0001001", f"{LANE}0001002"]
        assert ask(mail, 1, mail.morning) == [f"{LANE}0001003"]
        assert ask(mail, 1, mail.morning, to=HUB) == ["BD1205BD1215CCC60001001"]
        assert ask(mail, 1, mail.morning + timedelta(days=1)) == [f"{LANE}0002001"]

    def test_the_day_is_the_one_in_dhaka(self, mail: Mail) -> None:
        midnight = datetime(2026, 11, 23, tzinfo=DHAKA)
        assert ask(mail, 1, midnight - timedelta(seconds=1)) == [f"{LANE}0001001"]
        assert ask(mail, 1, midnight) == [f"{LANE}0002001"]

    def test_the_year_turns_at_midnight_in_dhaka(self, mail: Mail) -> None:
        new_year = datetime(2027, 1, 1, tzinfo=DHAKA)
        assert ask(mail, 1, new_year - timedelta(seconds=1)) == [f"{LANE}0001001"]
        assert ask(mail, 1, new_year) == [f"{LANE[:-1]}70001001"]

    def test_asked_twice_the_same_bags_even_a_year_later(self, mail: Mail) -> None:
        first = ask(mail, 5, mail.morning, ASKED)
        assert ask(mail, 5, mail.morning, ASKED) == first
        assert ask(mail, 5, datetime(2027, 1, 1, tzinfo=DHAKA), ASKED) == first
        assert ask(mail, 1, mail.morning) == [f"{LANE}0001006"]

    def test_other_bags_under_the_same_request_are_refused(self, mail: Mail) -> None:
        ask(mail, 5, mail.morning, ASKED)
        for changed in ({"count": 6}, {"count": 5, "to": HUB}):
            with pytest.raises(Conflict):
                ask(mail, at=mail.morning, request_id=ASKED, **changed)

    def test_a_block_lies_in_one_series(self, mail: Mail) -> None:
        ask(mail, 998, mail.morning)
        assert ask(mail, 2, mail.morning) == [f"{LANE}0002001", f"{LANE}0002002"]
        assert ask(mail, 1, mail.morning) == [f"{LANE}0001999"]
        assert len(ask(mail, 999, mail.morning)) == 999

    def test_ten_years_later_a_number_that_was_given_out_is_not_given_out_again(self, mail: Mail) -> None:
        (old,) = ask(mail, 1, mail.morning)
        (new,) = ask(mail, 1, datetime(2036, 3, 1, tzinfo=DHAKA))
        assert (old, new) == (f"{LANE}0001001", f"{LANE}0002001")

    def test_the_last_series_of_a_year_is_given_out_and_then_it_is_clearly_over(self, mail: Mail) -> None:
        number_everything(mail.connection, 1, 9998, mail.morning - timedelta(days=30))
        assert ask(mail, 999, mail.morning)[-1] == f"{LANE}9999999"
        with pytest.raises(Conflict, match="used up"):
            ask(mail, 1, mail.morning)
        assert ask(mail, 1, mail.morning, to=HUB)

    @pytest.mark.parametrize("count", [0, 1000])
    def test_how_many_has_its_bounds(self, mail: Mail, count: int) -> None:
        with pytest.raises(Unacceptable):
            ask(mail, count, mail.morning)

    def test_a_bag_goes_to_another_office_that_there_is(self, mail: Mail) -> None:
        with pytest.raises(Unacceptable):
            ask(mail, 1, mail.morning, to=HOME)
        with pytest.raises(NotFound):
            ask(mail, 1, mail.morning, to="9999")

    def test_an_unused_number_is_an_open_empty_bag_and_any_other_is_none(self, mail: Mail) -> None:
        (key,) = ask(mail, 1, mail.morning)
        bag = bag_of(mail.connection, key)
        assert (bag.state, bag.holder, bag.destination) == (BagState.OPEN, "office:1205", "1216")
        assert contents(mail.connection, mail.facts, key) == []
        with pytest.raises(NotFound):
            bag_of(mail.connection, key[:-1] + "2")


class TestFilling:
    def test_what_is_put_in_is_in_the_bag_and_in_its_manifest(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.bag()
        verdicts = put_in(mail.connection, mail.act(), key, [a, b, a])
        assert [v.outcome for v in verdicts] == [ScanOutcome.ACCEPTED] * 2
        assert {mail.standing(n).receptacle for n in (a, b)} == {key}
        lines = contents(mail.connection, mail.facts, key)
        assert [(line.number, line.destination, line.weight_g, line.items) for line in lines] == [
            (a, "1216", 1500, 1),
            (b, "1216", 1500, 1),
        ]

    def test_told_twice_it_counts_once(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        key, act = mail.bag(), mail.act()
        put_in(mail.connection, act, key, [a])
        before = mail.standing(a)
        (again,) = put_in(mail.connection, act, key, [a])
        assert again.outcome is ScanOutcome.DUPLICATE and mail.standing(a) == before

    def test_a_thing_is_in_one_bag_at_a_time(self, mail: Mail) -> None:
        a, b = mail.items(2)
        one, other = mail.bag(), mail.bag()
        put_in(mail.connection, mail.act(), one, [a, b])
        put_in(mail.connection, mail.act(), other, [b])
        assert [[line.number for line in contents(mail.connection, mail.facts, k)] for k in (one, other)] == [[a], [b]]

    def test_bags_go_into_bags_at_any_depth_and_never_into_themselves(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        inner, middle, outer = mail.bag(), mail.bag(), mail.bag()
        put_in(mail.connection, mail.act(), inner, [a])
        put_in(mail.connection, mail.act(), middle, [inner])
        put_in(mail.connection, mail.act(), outer, [middle])
        (line,) = contents(mail.connection, mail.facts, outer)
        assert (line.number, line.items) == (middle, 1)
        for key, inside in ((inner, inner), (inner, outer), (middle, outer), (inner, middle)):
            with pytest.raises(Unacceptable, match="inside itself"):
                put_in(mail.connection, mail.act(), key, [inside])

    def test_an_unknown_item_is_rejected_and_an_unknown_bag_refused(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        key = mail.bag()
        bad, good = put_in(mail.connection, mail.act(), key, ["DP473124829BD", a])
        assert (bad.outcome, good.outcome) == (ScanOutcome.REJECTED, ScanOutcome.ACCEPTED)
        with pytest.raises(NotFound):
            put_in(mail.connection, mail.act(), key, [f"{LANE}0777001"])
        with pytest.raises(NotFound):
            put_in(mail.connection, mail.act(), f"{LANE}0777001", [a])

    def test_another_offices_bag_does_not_exist(self, mail: Mail) -> None:
        key = mail.bag()
        with pytest.raises(NotFound) as theirs:
            put_in(mail.connection, mail.act(HUB), key, [])
        with pytest.raises(NotFound) as absent:
            put_in(mail.connection, mail.act(HUB), key[:-1] + "9", [])
        assert theirs.value.message.replace("001", "009") == absent.value.message.replace("001", "009")

    def test_a_sealed_bag_takes_nothing_more_except_what_was_put_in_before_and_is_told_late(self, mail: Mail) -> None:
        a, b = mail.items(2)
        early = mail.act()
        key = mail.closed(a)
        with pytest.raises(Conflict, match="sealed"):
            put_in(mail.connection, mail.act(), key, [b])
        late = Act(HOME, mail.act().occurred_at - timedelta(minutes=3), mail.act().recorded_at)
        assert early.occurred_at < late.occurred_at
        assert put_in(mail.connection, late, key, [b])[0].outcome is ScanOutcome.ACCEPTED
        assert {line.number for line in contents(mail.connection, mail.facts, key)} == {a, b}

    def test_taken_out_a_thing_stands_where_it_stood_before(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.bag()
        put_in(mail.connection, mail.act(), key, [a, b])
        act = mail.act()
        for expected in (ScanOutcome.ACCEPTED, ScanOutcome.DUPLICATE):
            (verdict,) = take_out(mail.connection, act, key, [a])
            assert verdict.outcome is expected
            standing = mail.standing(a)
            assert (standing.state, standing.holder, standing.receptacle) == (State.ACCEPTED, "office:1205", None)
        assert [line.number for line in contents(mail.connection, mail.facts, key)] == [b]
        put_in(mail.connection, mail.act(), key, [a])
        assert mail.standing(a).receptacle == key

    def test_what_never_was_in_the_bag_cannot_be_taken_out_and_nothing_else_is(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.bag()
        put_in(mail.connection, mail.act(), key, [a])
        with pytest.raises(Unacceptable, match=b):
            take_out(mail.connection, mail.act(), key, [a, b])
        assert mail.standing(a).receptacle == key


class TestSealing:
    def test_a_sealed_bag_has_its_whole_number(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        key = mail.bag()
        put_in(mail.connection, mail.act(), key, [a])
        bag = seal(mail.connection, mail.facts, mail.act(), key, "S-7", 2_449, is_last=True)
        read = parse_receptacle(bag.printed_number or "")
        assert (bag.state, bag.seal, bag.weight_g) == (BagState.SEALED, "S-7", 2_449)
        assert (read.key, read.is_last, read.is_registered, read.weight_g) == (key, True, True, 2_400)

    def test_told_twice_also_after_it_has_left_it_is_answered_alike(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        key = mail.bag()
        put_in(mail.connection, mail.act(), key, [a])
        act = mail.act()
        first = seal(mail.connection, mail.facts, act, key, "S-7", 2_449)
        assert seal(mail.connection, mail.facts, act, key, "S-7", 2_449) == first
        mail.carried(key)
        assert seal(mail.connection, mail.facts, act, key, "S-7", 2_449).printed_number == first.printed_number

    @pytest.mark.parametrize("changed", [{"seal_number": "S-8"}, {"weight_g": 2_450}, {"is_last": True}], ids=str)
    def test_sealed_otherwise_without_unsealing_is_refused(self, mail: Mail, changed: dict[str, object]) -> None:
        key = mail.bag()
        told: dict[str, object] = {"seal_number": "S-7", "weight_g": 2_449}
        seal(mail.connection, mail.facts, mail.act(), key, **told)  # type: ignore[arg-type]
        with pytest.raises(Conflict, match="S-7"):
            seal(mail.connection, mail.facts, mail.act(), key, **told | changed)  # type: ignore[arg-type]

    @pytest.mark.parametrize("seal_number", ["", "S" * 41])
    def test_a_seal_has_a_number_that_fits(self, mail: Mail, seal_number: str) -> None:
        with pytest.raises(Unacceptable):
            seal(mail.connection, mail.facts, mail.act(), mail.bag(), seal_number, 1_000)

    def test_unsealed_it_can_be_changed_and_sealed_anew(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.closed(a)
        with pytest.raises(Conflict):
            take_out(mail.connection, mail.act(), key, [a])
        assert unseal(mail.connection, mail.act(), key).state is BagState.OPEN
        with pytest.raises(Conflict, match="not sealed"):
            bag_label(mail.connection, mail.facts, key)
        put_in(mail.connection, mail.act(), key, [b])
        bag = seal(mail.connection, mail.facts, mail.act(), key, "S-2", 3_000)
        assert (bag.seal, bag.printed_number) == ("S-2", f"{key}010030")
        assert {line.number for line in contents(mail.connection, mail.facts, key)} == {a, b}

    def test_unsealing_twice_is_harmless_and_elsewhere_it_is_refused(self, mail: Mail) -> None:
        key, act = mail.closed(), mail.act()
        assert unseal(mail.connection, act, key) == unseal(mail.connection, act, key)
        other = mail.closed()
        mail.carried(other)
        for office in (HOME, HUB):
            with pytest.raises(Conflict):
                unseal(mail.connection, mail.act(office), other)

    def test_registered_mail_anywhere_inside_marks_the_bag(self, mail: Mail) -> None:
        a, b = mail.items(2)
        mail.connection.execute(text("alter table consignments disable trigger append_only"))
        mail.connection.execute(text("update consignments set service = 'letter' where item_number = :b"), {"b": b})
        plain, inner = mail.closed(b), mail.closed(a)
        outer = mail.closed(inner, plain)
        numbers = [bag_of(mail.connection, key).printed_number or "" for key in (plain, inner, outer)]
        assert [parse_receptacle(number).is_registered for number in numbers] == [False, True, True]

    def test_papers_are_there_once_it_is_sealed(self, mail: Mail) -> None:
        key = mail.closed(*mail.items(2))
        assert bag_label(mail.connection, mail.facts, key).startswith(b"%PDF")
        assert bag_manifest(mail.connection, mail.facts, key).startswith(b"%PDF")
        for paper in (bag_label, bag_manifest):
            with pytest.raises(Conflict):
                paper(mail.connection, mail.facts, mail.bag())


def test_a_bag_filled_by_a_device_without_a_network_is_the_same_bag(mail: Mail) -> None:
    """The numbers were given out in advance; scans come in later, the sealing first."""
    a, b = mail.items(2)
    (key,) = make_bags(mail.connection, mail.facts, mail.act(), AWAY, 1, uuid5(ASKED, "offline"))
    acts = [mail.act() for _ in range(3)]
    late = [
        acts[2].scan("device", key, Event.SEALED),
        acts[1].scan("device", b, Event.BAGGED, receptacle=key),
        acts[0].scan("device", a, Event.BAGGED, receptacle=key),
    ]
    for scan in late:
        (verdict,) = record_scans(mail.connection, [scan])
        assert verdict.outcome is ScanOutcome.ACCEPTED
    assert bag_of(mail.connection, key).state is BagState.SEALED
    assert {line.number for line in contents(mail.connection, mail.facts, key)} == {a, b}
    bag = seal(mail.connection, mail.facts, acts[2], key, "S-1", 5_000)
    assert bag.printed_number == f"{key}010050"


LOCK = receptacles._HOLD_LANE


@pytest.mark.parametrize("lock", [LOCK, text("select 1 where :lane <> ''")], ids=["with the lock", "red control"])
def test_two_counters_that_ask_at_once_get_different_numbers(
    database: Database, facts: Facts, morning: datetime, monkeypatch: pytest.MonkeyPatch, lock: TextClause
) -> None:
    """Without the lock on the lane the table still refuses the second number, and the second counter is turned away."""
    monkeypatch.setattr(receptacles, "_HOLD_LANE", lock)
    act = Act(HOME, morning, morning)

    def second() -> list[str]:
        with database.transaction() as connection:
            return make_bags(connection, facts, act, AWAY, 1, uuid4())

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            first = make_bags(connection, facts, act, AWAY, 1, ASKED)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        if lock is LOCK:
            assert [*first, *waiting.result()] == [f"{LANE}0001001", f"{LANE}0001002"]
        else:
            with pytest.raises(IntegrityError):
                waiting.result()


def test_of_two_counters_that_seal_one_bag_at_once_the_second_is_told_so(
    database: Database, facts: Facts, morning: datetime
) -> None:
    act = Act(HOME, morning, morning)
    with database.transaction() as connection:
        (key,) = make_bags(connection, facts, act, AWAY, 1, uuid4())

    def second() -> None:
        with database.transaction() as connection:
            seal(connection, facts, Act(HOME, morning + timedelta(minutes=1), morning), key, "S-2", 2_000)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            seal(connection, facts, act, key, "S-1", 1_000)
            waiting = pool.submit(second)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        with pytest.raises(Conflict, match="S-1"):
            waiting.result()
    with database.transaction() as connection:
        assert bag_of(connection, key).seal == "S-1"


def test_bags_that_devices_said_to_be_in_one_another_are_counted_to_an_end(mail: Mail) -> None:
    (item,) = mail.items(1)
    one, other, itself = mail.bag(), mail.bag(), mail.bag()
    put_in(mail.connection, mail.act(), one, [item])
    nest = [(one, other), (other, one), (itself, itself)]
    record_scans(mail.connection, [mail.act().scan("device", a, Event.BAGGED, receptacle=b) for a, b in nest])
    mail.connection.execute(text("set local statement_timeout = '5s'"))
    assert receptacles.count_inside(mail.connection, [one, other, itself]) == {one: 1, other: 1}
    assert [line.number for line in contents(mail.connection, mail.facts, itself)] == [itself]
