"""What happened in the made-up world since a lesson began, and what there is in it to practise with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

SIGNS: Final[Mapping[str, str]] = {
    "scan": """
        select s.recorded_at as at, s.item_number as about, s.event as word, s.office, s.holder,
               (select c.merchant_id from consignments c where c.item_number = s.item_number) as merchant from scans s
    """,
    "proof": """
        select p.recorded_at as at, p.item_number as about, p.kind as word, p.office, s.holder, null as merchant
        from proofs p left join scans s on s.scan_id = p.scan_id
    """,
    "weighing": """
        select weighed_at as at, item_number as about,
               case sign(difference_poisha) when 1 then 'dearer' when -1 then 'cheaper' else 'as_booked' end as word,
               office, null as holder, null as merchant from weighings
    """,
    "receipt": """
        select posted_at as at, item_number as about,
               case when short_poisha > 0 then 'short' when digital_poisha > 0 then 'digital' else 'cash' end as word,
               office, holder, null as merchant from receipts where standing
    """,
    "close": """
        select closed_at as at, close_id as about, split_part(holder, ':', 1) || '-' || case
                   when shortage_poisha > 0 then 'short' when excess_poisha > 0 then 'over' else 'exact' end as word,
               office, holder, null as merchant from day_closes
    """,
    "deposit": """
        select recorded_at as at, close_id as about, 'deposit' as word, office, null as holder, null as merchant
        from deposits
    """,
    "transfer": """
        select distinct at, coalesce(item_number, cause) as about, code as word, transfer_id,
               case when kind in ('office_till', 'office_debt') then name end as office,
               case split_part(kind, '_', 1) when 'rider' then 'rider:' || name when 'agent' then 'agent:' || name end
                   as holder,
               case split_part(kind, '_', 1) when 'merchant' then name end as merchant
        from transfers
        cross join lateral (values (debit), (credit)) accounts (account)
        cross join lateral (select split_part(account, ':', 1), split_part(account, ':', 2)) side (kind, name)
        where not taken_back
    """,
    "booking": """
        select booked_at as at, item_number as about, case when cod_poisha > 0 then 'cod' else 'prepaid' end as word,
               pickup_office as office, null as holder, merchant_id as merchant from consignments
    """,
    "pickup": """
        select asked_at as at, cast(request_id as text) as about, 'asked' as word, office, null as holder,
               merchant_id as merchant from pickup_requests
    """,
    "claim": """
        select m.claimed_at as at, m.item_number as about, m.kind as word, null as office, null as holder,
               c.merchant_id as merchant from claims m join consignments c using (item_number)
    """,
    "exception": """
        select s.at, e.item_number as about, s.step as word, e.office, null as holder, null as merchant
        from exception_steps s join exceptions e using (exception_id)
    """,
    "device": """
        select enrolled_at as at, device_id as about,
               case split_part(device_id, '-', 1) when 'rider' then 'phone' when 'centre' then 'centre'
                   else 'computer' end as word, office, null as holder, null as merchant
        from devices where enrolled_at is not null and retired_at is null
    """,
    "centre": """
        select recorded_at as at, coalesce(item_number, cast(service_id as text)) as about, service as word,
               null as office, 'agent:' || centre as holder, null as merchant from centre_services
        union all
        select recorded_at, cast(shift_id as text), 'shift_opened', null, 'agent:' || centre, null from centre_shifts
        union all
        select c.recorded_at, cast(shift_id as text),
               case when c.reason = '' then 'shift_closed' else 'shift_differs' end, null, 'agent:' || s.centre, null
        from centre_shift_closes c join centre_shifts s using (shift_id)
    """,
    "act": """
        select at, array_to_string(about, ' ') as about, operation as word, nullif(office, '') as office,
               (select m.holder from memberships m where m.person_id = actor and m.holder <> '' limit 1) as holder,
               nullif(merchant_id, '') as merchant from audit
    """,
}
"""Kind of sign -> the rows from which it is read: when, with what, what exactly, and whose it is."""

TRAYS: Final[Mapping[str, str]] = {
    "to_accept": """
        j.state in ('booked', 'pickup_requested', 'pickup_assigned')
        order by c.pickup_office <> :office, c.delivery_office = :office, c.item_number
    """,
    "to_send_on": """
        j.state in ('accepted', 'at_hub', 'sorted') and j.office = :office and j.destination <> :office
        order by j.last_at desc, c.item_number
    """,
    "at_the_office": """
        j.state in ('at_delivery_office', 'attempt_failed', 'on_hold') and j.destination = :office
        and j.holder = 'office:' || cast(:office as text) order by c.cod_poisha = 0, c.item_number
    """,
    "with_the_rider": """
        j.state = 'out_for_delivery' and j.holder = :holder order by j.last_at desc, c.item_number
    """,
    "with_the_agent": """
        j.state = 'at_pickup_point' and j.holder = :holder order by j.last_at desc, c.item_number
    """,
    "of_the_shop": """
        j.state <> 'cancelled' and c.merchant_id = :merchant order by c.booked_at desc, c.item_number
    """,
}
"""Name -> the parcels that are shown to somebody who has none in hand."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody of the made-up world stands; what is empty is not looked at."""

    office: str = ""
    holder: str = ""
    merchant: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign: when it was given, and with which parcel, bag or close."""

    at: datetime
    about: str


def find_sign(
    connection: Connection,
    sign: str,
    words: Sequence[str],
    stand: Stand,
    since: datetime | None,
    *,
    about: str = "",
    apart: bool = False,
    count: int = 1,
    later: bool = False,
) -> Seen | None:
    """The ``count``-th sign of that kind that was given there since then, if there are so many.

    ``words``: one of these exactly; none: any. ``about``: only with that parcel, bag or close, or with any but
    that (``apart``). ``later``: not at that very instant.
    """
    rows = connection.execute(
        text(
            f"select at, about from ({SIGNS[sign]}) signs "  # noqa: S608 - a text of this page
            "where (cast(:since as timestamptz) is null or at > :since or at = :since and not :later) "
            "and (cardinality(cast(:words as text[])) = 0 or word = any(:words)) "
            "and :office in ('', office) and :holder in ('', holder) and :merchant in ('', merchant) "
            "and (:about = '' or (about = :about) <> :apart) order by at, about limit :count"
        ),
        _asked(stand)
        | {"since": since, "words": list(words), "about": about, "apart": apart, "count": count, "later": later},
    ).all()
    return Seen(rows[-1].at, rows[-1].about) if len(rows) == count else None


def load_tray(connection: Connection, tray: str, stand: Stand, limit: int) -> list[str]:
    """Numbers of made-up parcels to practise with."""
    rows = f"select item_number from journeys j join consignments c using (item_number) where {TRAYS[tray]}"  # noqa: S608
    wanted = text(rows + " limit :limit")
    return list(connection.execute(wanted, _asked(stand) | {"limit": limit}).scalars())


def _asked(stand: Stand) -> dict[str, object]:
    return {"office": stand.office, "holder": stand.holder, "merchant": stand.merchant}
