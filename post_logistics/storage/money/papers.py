"""What the papers say must have been posted, and whether it was: the rules stated once more, from the other side.

A question is one statement with a row per thing asked: ``what`` it is, and whether it ``holds``. The server answers it
over whole tables at once, so that a million parcels take seconds. Most papers promise amounts: so much was posted
because of this paper, under this reason, and nothing else was.
"""
# ruff: noqa: S608 - only the text of this page goes into the statements

from dataclasses import dataclass
from typing import Final

STANDING: Final = """
    standing as not materialized (
        select * from transfers where reverses is null
        and not exists (select from transfers back where back.reverses = transfers.transfer_id)
    )
"""
"""The transfers that were not taken back."""


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper and what it promises: rows of ``key``, ``reason`` and ``amount_poisha``; the codes that keep the promise,
    how they are read as reasons, and by what they name the paper."""

    name: str
    promises: str
    codes: tuple[str, ...]
    reason: str = "code"
    key: str = "cause"

    @property
    def question(self) -> str:
        """Whether of every paper and reason as much was posted as was promised, and nothing without a paper."""
        codes = ", ".join(f"'{code}'" for code in self.codes)
        return f"""
            select '{self.name} ' || key || ', ' || reason || ': ' || coalesce(promised, 0) || ' poisha on paper, '
                || coalesce(posted, 0) || ' posted' as what, coalesce(promised, 0) = coalesce(posted, 0) as holds
            from (select key, reason, sum(amount_poisha) as promised from ({self.promises})
                as said (key, reason, amount_poisha) group by key, reason) as paper
            full join (select {self.key} as key, {self.reason} as reason, sum(amount_poisha) as posted
                from standing where code in ({codes}) group by 1, 2) as book using (key, reason)
        """


def _amounts(key: str, table: str, **columns: str) -> str:
    """A promise of a row per column: reason=column."""
    pairs = ", ".join(f"('{reason}', {column})" for reason, column in columns.items())
    return f"select {key}, promise, poisha from {table} cross join lateral (values {pairs}) as p (promise, poisha)"


_CLOSES = "day_closes where not exists (select from reopenings where reopenings.close_id = day_closes.close_id)"
_BILLS = """
    select * from bills where not exists (select from transfers drawn join transfers back on back.reverses =
        drawn.transfer_id where drawn.cause = bills.bill_id and drawn.code in ('bill', 'bill_vat'))
"""
"""Those that were not withdrawn."""
_BANKS = "select source from statement_sources where kind = 'bank'"
_MATCHES = f"""
    select matches.match_id, rule, (select sum(statement_lines.amount_poisha) from match_lines
            join statement_lines using (line_id) where match_lines.match_id = matches.match_id) as shown,
        sum(match_entries.amount_poisha) as expected, coalesce(bool_and(kind = 'collection'), false) as collections
    from matches left join match_entries using (match_id)
    where undone_at is null and source in ({_BANKS}) group by matches.match_id
"""
_PAPERS = {
    "every_receipt_is_posted": _Paper(
        "receipt",
        _amounts(
            "receipt_id::text", "(select * from receipts where standing) r", cash="cash_poisha", short="short_poisha"
        )
        + " union all select service_id::text, 'cash', cash_poisha from centre_services where service = 'payment'",
        ("collect", "collect_counter", "collect_agent", "collect_short", "collect_short_counter"),
        reason="case when code like 'collect_short%' then 'short' else 'cash' end",
    ),
    "every_payment_is_posted": _Paper(
        "payment",
        """
            select payment_id, case purpose when 'cod' then 'collect_digital' else 'postage_digital' end,
                collected_poisha from payments where provider <> 'agent'
            union all select payment_id, 'digital_unplaced', held_poisha from payments
            union all select payment_id, 'digital_unplaced', amount_poisha from refunds
                where way = 'held' and state = 'done'
        """,
        ("collect_digital", "digital_unplaced", "postage_digital"),
    ),
    "every_refund_is_posted": _Paper(
        "refund",
        "select refund_id::text, 'refund', amount_poisha from refunds where state = 'done'",
        (
            *("refund", "refund_door", "refund_digital", "refund_advanced", "refund_advanced_digital"),
            *("unplaced_refunded", "postage_refunded"),
        ),
        reason="'refund'",
    ),
    "every_close_is_posted": _Paper(
        "close",
        _amounts(
            "close_id",
            f"(select * from {_CLOSES} and holder like 'rider:%') c",
            hand_in="counted_poisha",
            shortage="shortage_poisha",
            excess="excess_poisha",
        )
        + " union all "
        + _amounts(
            "close_id",
            f"(select * from {_CLOSES} and holder like 'office:%') c",
            till_shortage="shortage_poisha",
            till_excess="excess_poisha",
        ),
        ("hand_in", "shortage", "excess", "till_shortage", "till_excess"),
    ),
    "every_hand_in_of_an_agent_is_posted": _Paper(
        "hand-in",
        _amounts(
            "hand_in_id::text",
            "agent_hand_ins",
            agent_hand_in="counted_poisha",
            agent_netted="netted_poisha",
            agent_float_taken="shortage_poisha",
        )
        + " union all select close_id::text, 'agent_float_taken', from_float_poisha from centre_shift_closes",
        ("agent_hand_in", "agent_netted", "agent_float_taken"),
    ),
    "every_postage_that_an_agent_took_is_posted": _Paper(
        "booking",
        "select service_id::text, 'postage', cash_poisha from centre_services where service = 'booking'",
        ("postage_agent", "postage_vat_agent"),
        reason="'postage'",
    ),
    "every_deposit_is_posted": _Paper(
        "deposit", "select close_id, 'deposit', amount_poisha from deposits", ("deposit",)
    ),
    "every_cleared_shortage_and_excess_is_posted": _Paper(
        "clearing",
        "select clearing_id::text, 'cleared', amount_poisha from clearings",
        (
            *("shortage_repaid", "shortage_deducted", "shortage_written_off"),
            *("till_shortage_repaid", "till_shortage_deducted", "till_shortage_written_off"),
            *("excess_returned", "excess_credited", "excess_kept"),
        ),
        reason="'cleared'",
    ),
    "every_bill_is_posted_as_drawn": _Paper(
        "bill",
        _amounts("bill_id", f"({_BILLS}) as bills", bill="fees_poisha", bill_vat="vat_poisha"),
        ("bill", "bill_vat"),
    ),
    "every_settlement_is_posted": _Paper(
        "settlement",
        _amounts(
            "settlement_id",
            "settlements",
            take_fee="fees_taken_poisha",
            take_vat="vat_taken_poisha",
            take_advance="advance_taken_poisha",
            pay_out="payout_poisha",
        ),
        ("take_fee", "take_vat", "take_advance", "pay_out"),
    ),
    "every_parcel_is_charged_what_its_settlement_says": _Paper(
        "parcel",
        _amounts("item_number", "settlement_lines", fee="postage_poisha + cod_fee_poisha", vat="vat_poisha"),
        ("fee", "vat"),
        key="coalesce(item_number, cause)",
    ),
    "every_claim_is_compensated_once": _Paper(
        "claim",
        "select claim_id::text, 'compensate', amount_poisha from settlement_compensations",
        ("compensate",),
    ),
    "every_payout_is_posted": _Paper(
        "payout",
        """
            select payout_id, case kind when 'advance' then 'advance' else 'pay_out' end, amount_poisha from payouts
            union all select payout_id, case state when 'cancelled' then 'payout_cancelled'
                when 'returned' then 'payout_returned' else 'payout_cash' end, amount_poisha
                from payouts where state in ('cancelled', 'returned', 'paid_in_cash')
        """,
        ("pay_out", "advance", "payout_cancelled", "payout_returned", "payout_cash"),
    ),
    "every_match_with_a_bank_is_posted": _Paper(
        "match",
        f"""
            select match_id::text, case when shown > 0 then 'digital_confirmed' else 'digital_repaid' end, abs(shown)
                from ({_MATCHES}) m where collections
            union all select match_id::text, 'provider_fee', expected - shown from ({_MATCHES}) m where collections
            union all select match_id::text, 'bank_charge', -shown from ({_MATCHES}) m where rule = 'charge'
            union all select match_id::text, 'bank_interest', shown from ({_MATCHES}) m where rule = 'interest'
        """,
        ("digital_confirmed", "digital_repaid", "provider_fee", "bank_charge", "bank_interest"),
    ),
    "every_line_in_suspense_is_posted": _Paper(
        "line",
        f"""
            select line_id::text, 'unidentified_' || case when amount_poisha > 0 then 'receipt' else 'payment' end,
                abs(amount_poisha) from suspense join statement_lines using (line_id)
            where closed_at is null and source in ({_BANKS})
        """,
        ("unidentified_receipt", "unidentified_payment"),
    ),
}

PAPERS: Final[dict[str, str]] = {
    **{name: paper.question for name, paper in _PAPERS.items()},
    "every_settlement_adds_up_its_parcels_and_claims": """
        select 'settlement ' || settlement_id as what,
            principal_poisha = coalesce((select sum(collected_poisha) from settlement_lines as of_it
                where of_it.settlement_id = settlements.settlement_id), 0)
            and compensation_poisha = coalesce((select sum(amount_poisha) from settlement_compensations as of_it
                where of_it.settlement_id = settlements.settlement_id), 0) as holds
        from settlements
    """,
    "every_parcel_is_settled_for_what_was_collected": """
        select 'parcel ' || item_number as what, lines.collected_poisha <= coalesce(posted, 0) as holds
        from settlement_lines as lines left join (
            select item_number, sum(amount_poisha) as posted from standing
            where credit_kind = 'merchant_payable' and code like 'collect%' group by item_number
        ) as book using (item_number) where lines.collected_poisha > 0
    """,
    "every_confirmed_deposit_is_what_was_paid_in": """
        select 'deposit ' || cause as what, deposits.amount_poisha
            = sum(case code when 'deposit_over' then -standing.amount_poisha else standing.amount_poisha end) as holds
        from standing left join deposits on close_id = cause
        where code in ('deposit_confirmed', 'deposit_short', 'deposit_over') group by cause, deposits.amount_poisha
    """,
    "every_deduction_that_was_paid_is_what_was_cleared": """
        select 'clearing ' || cause as what, clearings.amount_poisha = sum(standing.amount_poisha) as holds
        from standing left join clearings on clearing_id::text = cause and way = 'deducted'
        where code = 'pay_deductions_paid' group by cause, clearings.amount_poisha
    """,
    "every_bill_is_paid_once_and_whole": """
        select 'bill ' || cause as what, count(distinct standing.code) = 1 and sum(standing.amount_poisha)
            = bills.fees_poisha + bills.vat_poisha as holds
        from standing left join bills on bill_id = cause where code in ('bill_counter', 'bill_bank')
        group by cause, bills.fees_poisha + bills.vat_poisha
    """,
    "every_confirmed_payout_is_what_was_ordered": """
        select 'payout ' || cause as what, payouts.amount_poisha = sum(standing.amount_poisha) as holds
        from standing left join payouts on payout_id = cause where code = 'payout_confirmed'
        group by cause, payouts.amount_poisha
    """,
    "every_reversal_says_who_and_why": """
        select 'reversal ' || reversals.transfer_id as what, back.reverses = reversals.reverses as holds
        from reversals left join transfers as back using (transfer_id)
    """,
    "every_closed_month_is_that_of_its_last_day": """
        select 'month ' || period as what, ledger_periods.hash = ledger_days.hash
            and last_day = (date_trunc('month', last_day) + interval '1 month - 1 day')::date
            and to_char(last_day, 'YYYY-MM') = period as holds
        from ledger_periods left join ledger_days on on_day = last_day
    """,
    "the_books_were_opened_as_two_people_signed": """
        select 'opening' as what, accounts = count(transfers.code) + (coalesce(sum(
            case code when 'opening_debit' then amount_poisha else -amount_poisha end), 0) <> 0)::int as holds
        from ledger_openings full join (
            select * from transfers where code in ('opening_debit', 'opening_credit') and reverses is null
        ) as transfers using (cause) group by accounts
    """,
}
"""The questions to the papers, by name."""
