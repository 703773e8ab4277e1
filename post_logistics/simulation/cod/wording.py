"""How a bank words its lines: what stands under Particulars and Reference, and how each trouble spoils it."""

from collections.abc import Callable
from datetime import date, timedelta

from post_logistics.simulation.cod.lines import Trouble, What
from post_logistics.simulation.cod.month import FIRST_DAY, Tender
from post_logistics.units import bangla_digits

_PROVIDERS = {
    Tender.QR: "BANGLA QR PAYMENT",
    Tender.CARD: "CARD POS SETTLEMENT",
    Tender.WALLET: "WALLET SETTLEMENT",
    Tender.PURSE: "PURSE SETTLEMENT",
}
_SURNAMES = ("RAHMAN", "AKTER", "HOSSAIN", "BEGUM", "CHAKMA", "DAS", "KHATUN", "MIA", "SARKER", "TRIPURA")
_PLAIN = ("CASH DEPOSIT", "TRANSFER CREDIT", "CLEARING CREDIT")

Words = tuple[str, str]
"""Particulars and reference."""


def words(
    what: What, trouble: Trouble, references: list[str], owner: tuple[str, str] | Tender | None, on: int, chance: int
) -> Words:
    """The wording of a line. ``references`` are those of its entries, ``owner`` the office (postcode, name) or the
    tender, ``on`` the day that a lump is for, ``chance`` any number: the same number, the same words."""
    if what in {What.PAYOUT, What.RETURNED}:
        text = "EFT OUTWARD BPO PAYOUT" if what is What.PAYOUT else "EFT RETURN ACCOUNT NOT FOUND"
        return text, references[0]
    if what is What.CHARGE:
        return "CASH HANDLING CHARGE", ""
    if what is What.INTEREST:
        return "INTEREST CREDITED", ""
    if what is What.STRANGER or owner is None:
        return f"NPSB FROM {_SURNAMES[chance % 10]} A/C {chance % 10_000:04d}", f"N{chance % 10**9:09d}"
    plain = _who(owner)
    reference = references[0]
    if what is What.LUMP:
        reference = f"{Tender(owner).name}-{_day(on):%Y%m%d}" if isinstance(owner, Tender) else ""
    return _spoiled(trouble, plain, reference, references, chance)


def _who(owner: tuple[str, str] | Tender) -> str:
    if isinstance(owner, Tender):
        return _PROVIDERS[owner]
    return f"CASH DEPOSIT BPO {owner[0]} {owner[1].upper()}"


def _day(on: int) -> date:
    return FIRST_DAY + timedelta(days=on)


def _spoiled(trouble: Trouble, plain: str, reference: str, references: list[str], chance: int) -> Words:
    if trouble is Trouble.MERGED:
        return _merged(plain, references, chance)
    return _SPOILT[trouble](plain, reference, chance) if trouble in _SPOILT else (plain, reference)


def _buried(plain: str, reference: str, chance: int) -> str:
    cut = len(reference) // 2
    return (
        f"{plain} SLIP NO {reference[:cut]}-{reference[cut:]} TRN{chance % 10**6:06d}",
        f"{plain} REF:{reference}/{chance % 1000}",
        f"{plain[:12]} {reference[:cut]} {reference[cut:]} RECEIVED WITH THANKS",
        f"TT{chance % 10**5} {reference} {plain}",
    )[chance % 4]


def _merged(plain: str, references: list[str], chance: int) -> Words:
    """All slips named, only the first, or none; a provider's sum for several days names none."""
    if len(references) > 3 or chance % 3 == 2:
        return plain, ""
    return (f"{plain} SLIPS {', '.join(references)}", "") if chance % 3 == 0 else (plain, references[0])


def swapped(reference: str, chance: int) -> str:
    """Two neighbours that differ change places; the reference itself where all are alike."""
    able = [n for n in range(len(reference) - 1) if reference[n] != reference[n + 1]]
    if not able:
        return reference
    n = able[chance % len(able)]
    return reference[:n] + reference[n + 1] + reference[n] + reference[n + 2 :]


def wrong(reference: str, chance: int) -> str:
    """One digit is another; the reference itself where it has none."""
    able = [n for n, sign in enumerate(reference) if sign.isdigit()]
    if not able:
        return reference
    n = able[chance % len(able)]
    return reference[:n] + str((int(reference[n]) + 1 + chance // 100 % 9) % 10) + reference[n + 1 :]


_SPOILT: dict[Trouble, Callable[[str, str, int], Words]] = {
    Trouble.BURIED: lambda plain, reference, chance: (_buried(plain, reference, chance), ""),
    Trouble.BANGLA: lambda plain, reference, _: (bangla_digits(plain), bangla_digits(reference)),
    Trouble.SWAPPED: lambda plain, reference, chance: (plain, swapped(reference, chance)),
    Trouble.WRONG_DIGIT: lambda plain, reference, chance: (plain, wrong(reference, chance)),
    Trouble.NAMELESS: lambda plain, _, __: (plain, ""),
    Trouble.ANONYMOUS: lambda _, __, chance: (_PLAIN[chance % 3], ""),
    Trouble.TRUNCATED: lambda plain, reference, chance: (plain[:18], reference[: -2 - chance % 3]),
}
"""What each trouble of the text makes of particulars and reference; the number decides where several are possible."""
