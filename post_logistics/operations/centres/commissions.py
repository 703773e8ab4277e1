"""What a digital centre earns with each service, read from ``data/agents.toml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import NO_ITEM, Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.facts import fact_of, table_of
from post_logistics.errors import Unacceptable
from post_logistics.network.collection_points import CentreService
from post_logistics.tracking.dated import RuleBook, load_rule_book
from post_logistics.tracking.scans import Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What one service earns: a fixed sum each time, and a share of the cash taken with it."""

    fixed_poisha: int
    bps: int

    def __post_init__(self) -> None:
        if self.bps > 10_000:
            raise Unacceptable(
                f"{self.bps} hundredths of a percent are more than the cash itself",
                field="bps",
                remedy="write at most 10000",
            )

    def poisha_of(self, cash_poisha: int) -> int:
        """What is earned with that much cash; a part of a poisha is left out."""
        return self.fixed_poisha + cash_poisha * self.bps // 10_000


NO_COMMISSION: Final = Commission(fixed_poisha=0, bps=0)
Commissions = Mapping[CentreService, Commission]


def load_commissions(facts_dir: Path) -> RuleBook[Commissions]:
    """The book in ``agents.toml``; Unacceptable names the block and the key that is wrong."""
    return load_rule_book(facts_dir / "agents.toml", _commissions)


def _commissions(block: Mapping[str, Any], where: str) -> Commissions:
    unknown = sorted(set(block) - set(CentreService))
    if unknown:
        raise Unacceptable(
            f"{where}: {unknown[0]} is no service", field=unknown[0], remedy=f"use: {', '.join(CentreService)}"
        )
    return {
        service: fact_of(Commission, table_of(block, service, where), f"{where}, {service}")
        for service in CentreService
    }


def earned(agent: str, scan: Scan, commission: Commission, cash_poisha: int) -> list[Transfer]:
    """The commission for what that scan records, as a transfer; none where nothing is earned.

    Caused by the scan: it is earned once, and taken back with the receipt of the scan.
    """
    amount_poisha = commission.poisha_of(cash_poisha)
    if not amount_poisha:
        return []
    return [
        transfer(
            Code.AGENT_EARNED,
            debit=account(AccountKind.AGENT_COMMISSION),
            credit=account(AccountKind.AGENT_COMMISSION_DUE, agent),
            amount_poisha=amount_poisha,
            at=scan.recorded_at,
            cause=str(scan.scan_id),
            item_number=scan.item_number or NO_ITEM,
        )
    ]
