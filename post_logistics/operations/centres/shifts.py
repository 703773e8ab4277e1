"""The shifts of a digital centre: opened and closed by count, and every taka in between accounted for.

What is in the drawer is what was counted at the opening, and what came and went since by the books. Cash counts in the
shift in which it was taken, however late that is told: a shift that was closed meanwhile shows what has come to light.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Cash
from post_logistics.cod.day_close import apart
from post_logistics.cod.ledger import transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.centres.acts import Closed, Opened
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import standing_of_agent
from post_logistics.storage.centres import shifts as store
from post_logistics.storage.centres.services import load_given_at
from post_logistics.storage.centres.shifts import Shift, ShiftClose
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.units import DHAKA, local_time, taka


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftAccount:
    """A shift by the books as they are now. ``close`` is None while it is open."""

    shift: Shift
    close: ShiftClose | None
    came_poisha: int
    went_poisha: int
    services: Mapping[CentreService, int]
    """How often each was given."""

    @property
    def expected_poisha(self) -> int:
        """What should lie, or should have lain, in the drawer."""
        return self.shift.opening_poisha + self.came_poisha - self.went_poisha

    @property
    def late_poisha(self) -> int:
        """What has come to light since the close: cash of this shift that was not known then."""
        return self.expected_poisha - self.close.expected_poisha if self.close else 0


def open_shift(connection: Connection, facts: Facts, point: CollectionPoint, act: Opened) -> Shift:
    """The shift that begins with that count; told again, it is the same.

    Conflict while another is open. One that was opened offline is kept all the same, and the one before it ends there.
    """
    _refuse_strange_money(facts, act.cash, act.happened_at)
    told = store.load_shift(connection, act.act_id)
    if told is not None:
        if (told.centre, told.pieces) != (point.point_id, act.cash.pieces):
            raise Conflict(
                f"a shift with {taka(told.opening_poisha)} was opened under this number",
                field="sequence",
                remedy="number each act once",
            )
        return told
    before = None if act.offline else open_at(connection, point, act.scan.recorded_at)
    if before is not None:
        raise Conflict(
            f"{before.opened_by} opened a shift on {local_time(before.opened_at)}",
            field="occurred_at",
            remedy="count and close it first",
        )
    shift = Shift(
        shift_id=act.act_id,
        centre=point.point_id,
        opened_by=act.by,
        device_id=act.scan.device_id,
        opening_poisha=act.cash.counted_poisha,
        pieces=act.cash.pieces,
        opened_at=act.happened_at,
        recorded_at=act.scan.recorded_at,
    )
    store.append_shift(connection, shift)
    return shift


def close_shift(connection: Connection, facts: Facts, point: CollectionPoint, act: Closed) -> ShiftClose:
    """The end of the centre's open shift by that count; told again, it is the same.

    What is missing is the agent's: it has a reason, and is taken from the float as far as that and the cash in the
    books reach. What is too much stays with the agent, with its reason. Conflict if no shift is open; Unacceptable for
    a difference without a reason. The caller holds the agent's accounts.
    """
    _refuse_strange_money(facts, act.cash, act.happened_at)
    told = store.load_shift_close(connection, close_id=act.act_id)
    if told is not None:
        if (told.pieces, told.reason) != (act.cash.pieces, act.cash.reason):
            raise Conflict(
                f"{taka(told.counted_poisha)} was counted under this number",
                field="sequence",
                remedy="number each act once",
            )
        return told
    shift = store.load_shift_at(connection, point.point_id, act.happened_at)
    if shift is None or store.load_shift_close(connection, shift_id=shift.shift_id) is not None:
        raise Conflict(
            "no shift is open that this could close", field="occurred_at", remedy="send the opening of the shift first"
        )
    came, went = store.load_passed(connection, point.point_id, shift.opened_at, act.happened_at)
    expected_poisha = shift.opening_poisha + came - went
    short_poisha, _ = apart(expected_poisha, act.cash, f"the drawer of {point.point_id}")
    stood = standing_of_agent(connection, point.point_id)
    close = ShiftClose(
        shift_id=shift.shift_id,
        close_id=act.act_id,
        closed_by=act.by,
        device_id=act.scan.device_id,
        expected_poisha=expected_poisha,
        counted_poisha=act.cash.counted_poisha,
        pieces=act.cash.pieces,
        reason=act.cash.reason,
        from_float_poisha=min(short_poisha, stood.float_poisha, max(0, stood.cash_poisha)),
        closed_at=act.happened_at,
        recorded_at=act.scan.recorded_at,
    )
    store.append_shift_close(connection, close)
    _post(connection, point, close)
    return close


def _post(connection: Connection, point: CollectionPoint, close: ShiftClose) -> None:
    if close.from_float_poisha:
        taken = transfer(
            Code.AGENT_FLOAT_TAKEN,
            debit=account(AccountKind.AGENT_FLOAT, point.point_id),
            credit=account(AccountKind.AGENT_CASH, point.point_id),
            amount_poisha=close.from_float_poisha,
            at=close.recorded_at,
            cause=str(close.close_id),
        )
        append_transfers(connection, [taken])


def _refuse_strange_money(facts: Facts, cash: Cash, at: datetime) -> None:
    cash.refuse_strange_money(facts.cod_rules.on(at.astimezone(DHAKA).date()))


def open_at(connection: Connection, point: CollectionPoint, at: datetime) -> Shift | None:
    """The shift in which something falls that happened at the centre then; None between shifts."""
    shift = store.load_shift_at(connection, point.point_id, at)
    if shift is None:
        return None
    close = store.load_shift_close(connection, shift_id=shift.shift_id)
    return shift if close is None or at <= close.closed_at else None


def shift_account(connection: Connection, point: CollectionPoint, at: datetime) -> ShiftAccount | None:
    """The centre's last shift that had begun by then, as the books have it now; None if it never opened."""
    shift = store.load_shift_at(connection, point.point_id, at)
    return None if shift is None else _account(connection, point, shift, at)


def shift_accounts(
    connection: Connection, point: CollectionPoint, since: datetime, until: datetime
) -> Sequence[ShiftAccount]:
    """The centre's shifts that began between those instants, the earliest first."""
    found = store.load_shifts(connection, point.point_id, since, until)
    later = [*(one.opened_at for one in found[1:]), until]
    return [_account(connection, point, one, after) for one, after in zip(found, later, strict=False)]


def _account(connection: Connection, point: CollectionPoint, shift: Shift, until: datetime) -> ShiftAccount:
    close = store.load_shift_close(connection, shift_id=shift.shift_id)
    until = close.closed_at if close else until
    but = close.close_id if close else None
    came, went = store.load_passed(connection, point.point_id, shift.opened_at, until, but)
    services: dict[CentreService, int] = defaultdict(int)
    for one in load_given_at(connection, point.point_id, shift.opened_at, until + timedelta(microseconds=1)):
        services[one.service] += 1
    return ShiftAccount(shift=shift, close=close, came_poisha=came, went_poisha=went, services=dict(services))
