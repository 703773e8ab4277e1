"""The books: proven, balanced, sealed, opened, put right, and written for other accounting programs."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from api.acting import Person, Witness
from api.context import InTransaction, Now, TheEngine, ThePost
from api.fields import Day, In, Line, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.opening import read_opening
from post_logistics.operations.money.checking import prove_books, whole_journal
from post_logistics.operations.money.opening import open_books
from post_logistics.operations.money.periods import close_month, trial_balance_on
from post_logistics.operations.money.sealing import seal_books
from post_logistics.operations.money.taking_back import take_back

router = Slice(prefix="/v1", tags=["books"], responses=answers(401, 403))


class CheckOut(Out):
    """A question asked of the books: of how many things, of how many the answer was wrong, and the first of them."""

    name: str
    checked: int
    violated: int
    examples: list[str]


class ProofOut(Out):
    """Every check; ``proven`` if none was violated."""

    proven: bool
    checks: list[CheckOut]


class BalanceOut(Out):
    """What an account stood at, in the column where it stood."""

    account: str
    debit_poisha: int
    credit_poisha: int


class TrialBalanceOut(Out):
    """All accounts as a day ended; the two columns agree."""

    on_day: date
    accounts: list[BalanceOut]
    debit_poisha: int
    credit_poisha: int
    balanced: bool


class SealIn(In):
    """The last day to seal."""

    through: Annotated[Day, Field(examples=["2020-12-31"])]


class SealedDayOut(Out):
    """A day that takes no transfer more. Its hash stands for it and for every day before."""

    on_day: date
    transfers: int
    moved_poisha: int
    previous_hash: str
    hash: str
    sealed_at: datetime


class TwoPeopleIn(In):
    """Two different people sign."""

    by: Person
    countersigned_by: Witness


class PeriodOut(Out):
    """A closed month."""

    period: str
    last_day: date
    hash: str
    closed_by: str
    countersigned_by: str
    closed_at: datetime


class OpeningIn(TwoPeopleIn):
    """The table of what there was before the books: account and balance in taka, debits above zero, credits below."""

    table: Annotated[
        str,
        Field(
            max_length=10_000_000,
            pattern=r"^[^\x00]*$",
            examples=["account,balance\nsettlement_bank,100\nmerchant_payable:nakshi-ghar,-100\n"],
        ),
    ]


class OpeningOut(Out):
    """That the books were opened, with what."""

    sha256: str
    accounts: int
    opened_by: str
    countersigned_by: str
    opened_at: datetime


class ReversalIn(In):
    """What is taken back, by whom and why."""

    transfer_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000000"])]
    why: Annotated[Line, Field(min_length=1, examples=["typed twice"])]
    by: Person


class TransferOut(Out):
    """One amount moved from the credit account to the debit account."""

    transfer_id: UUID
    code: str
    debit: str
    credit: str
    amount_poisha: int
    at: datetime
    cause: str
    reverses: UUID | None


@router.get("/ledger/proof", summary="Prove the books")
def books_proof(who: ThePost, connection: InTransaction) -> ProofOut:
    """Works everything out again from the facts alone, and names every problem."""
    checks = [CheckOut.of(check) for check in prove_books(connection)]
    return ProofOut(proven=not any(check.violated for check in checks), checks=checks)


@router.get("/ledger/balances/{on_day}", summary="The trial balance of a day")
def trial_balance(
    who: ThePost,
    connection: InTransaction,
    on_day: Annotated[date, Path(ge=date(2000, 1, 1), lt=date(2200, 1, 1), examples=["2026-11-22"])],
    account: Annotated[str, Query(max_length=90, description="Only accounts that begin so.")] = "",
) -> TrialBalanceOut:
    """Every account as the day ended in Dhaka."""
    found = trial_balance_on(connection, on_day)
    rows = [BalanceOut(account=name, debit_poisha=d, credit_poisha=c) for name, d, c in found.rows]
    return TrialBalanceOut(
        on_day=on_day,
        accounts=[row for row in rows if row.account.startswith(account)],
        debit_poisha=found.debit_poisha,
        credit_poisha=found.credit_poisha,
        balanced=found.balanced,
    )


@router.post("/ledger/seals", summary="Seal days", responses=answers(400, 413))
def seal_days(asked: SealIn, who: ThePost, connection: InTransaction, at: Now) -> list[SealedDayOut]:
    """Seals every day through that one; nothing can be posted into them any more. Sent again, it changes nothing."""
    return [SealedDayOut.of(day) for day in seal_books(connection, asked.through, at)]


@router.post("/ledger/months/{month}", summary="Close a month", responses=answers(400, 409, 413))
def close_books_of_month(
    month: Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])],
    signed: TwoPeopleIn,
    who: ThePost,
    connection: InTransaction,
    at: Now,
) -> PeriodOut:
    """Closes a month whose days are sealed, if the books are proven. Sent again, it answers the same."""
    closed = close_month(connection, month, by=signed.by, countersigned_by=signed.countersigned_by, at=at)
    return PeriodOut.of(closed)


@router.post("/ledger/opening", summary="Open the books", responses=answers(400, 409, 413))
def opening(given: OpeningIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now) -> OpeningOut:
    """Begins the books with what there was before, once. Sent again, it answers the same."""
    balances = read_opening(given.table)
    signed = {"by": given.by, "countersigned_by": given.countersigned_by}
    return OpeningOut.of(open_books(connection, engine.facts, balances, **signed, at=at))


@router.post("/ledger/reversals", summary="Take a transfer back", responses=answers(400, 404, 409, 413))
def take_transfer_back(asked: ReversalIn, who: ThePost, connection: InTransaction, at: Now) -> TransferOut:
    """Takes a transfer back by a new one, where nothing rests on it. Sent again, it answers the same."""
    return TransferOut.of(take_back(connection, asked.transfer_id, why=asked.why, by=asked.by, at=at))


@router.get(
    "/ledger.{program}",
    summary="The ledger for another accounting program",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/plain": {}}}},
)
def ledger(program: Literal["beancount", "hledger"], who: ThePost, connection: InTransaction) -> StreamingResponse:
    """Every transfer and every balance; `bean-check` or `hledger check --strict` accepts it."""
    return StreamingResponse(whole_journal(connection, program), media_type="text/plain; charset=utf-8")
