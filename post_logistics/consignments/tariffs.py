"""What a parcel costs on a day: every version of the tariff ever in force, and quotes that name theirs.

A quote is made from one version only, so an old invoice can always be made again. Arithmetic is in whole poisha;
a share of an amount is rounded half up to the poisha, each fee once per parcel and VAT once on the sum of the charges.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

from post_logistics.consignments.facts import fact_of, read_facts, table_of
from post_logistics.errors import Unacceptable
from post_logistics.units import bangla_digits, kilograms


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A way to post and its price by weight; ``step_g`` is 0 where one price holds up to ``max_weight_g``."""

    name_en: str
    name_bn: str
    registered: bool
    first_g: int
    first_poisha: int
    max_weight_g: int
    step_g: int = 0
    step_poisha: int = 0

    def postage_poisha(self, weight_g: int) -> int:
        """The price of carrying this weight: a started step is a whole one."""
        over_g = max(0, weight_g - self.first_g)
        return self.first_poisha + (-(-over_g // self.step_g) * self.step_poisha if over_g else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """What is charged on top of postage."""

    cod_fee_bps: int
    cod_fee_min_poisha: int
    insurance_bps: int
    advice_of_delivery_poisha: int
    vat_bps: int

    def cod_fee_poisha(self, cod_poisha: int) -> int:
        """The fee for collecting that much; nothing for a parcel on which nothing is collected."""
        return max(share_poisha(cod_poisha, self.cod_fee_bps), self.cod_fee_min_poisha) if cod_poisha else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Calendar days from posting to delivery."""

    same_city_days: int
    other_town_days: int
    remote_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffVersion:
    """The whole tariff as it stood from a day on."""

    version: str
    valid_from: date
    source: str
    fees: Fees
    promise: Promise
    services: Mapping[str, Service]

    def total_poisha(self, service: str, weight_g: int, cod_poisha: int, declared_value_poisha: int) -> int | None:
        """What a quote of such a parcel comes to, without its words; None where the version takes none such."""
        offered, fees = self.services.get(service), self.fees
        if offered is None or not 0 < weight_g <= offered.max_weight_g:
            return None
        charges_poisha = offered.postage_poisha(weight_g) + fees.cod_fee_poisha(cod_poisha)
        charges_poisha += share_poisha(declared_value_poisha, fees.insurance_bps)
        return charges_poisha + share_poisha(charges_poisha, fees.vat_bps)


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One charge, as it is printed in either language."""

    code: str
    text_en: str
    text_bn: str
    amount_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What one parcel costs, charge by charge. ``postage_poisha`` is every charge but the COD fee and VAT."""

    version: str
    service: str
    lines: tuple[QuoteLine, ...]
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    total_poisha: int
    promise_days: int


@dataclass(frozen=True, slots=True)
class Tariffs:
    """All versions, oldest first; on each day from the first on exactly one is in force."""

    versions: tuple[TariffVersion, ...]
    default_service: str

    def on(self, day: date) -> TariffVersion:
        """The version in force on a day; Unacceptable before the first."""
        started = bisect_right(self.versions, day, key=lambda version: version.valid_from)
        if started == 0:
            raise Unacceptable(
                f"no tariff is in force on {day}",
                field="on",
                remedy=f"the first begins on {self.versions[0].valid_from}; choose a later day",
            )
        return self.versions[started - 1]

    def service(self, code: str, on: date) -> Service:
        """A service as it is offered on a day."""
        version = self.on(on)
        if code not in version.services:
            offered = ", ".join(version.services)
            raise Unacceptable(
                f"tariff {version.version} has no service {code}", field="service", remedy=f"use one of: {offered}"
            )
        return version.services[code]

    def quote(
        self,
        service: str,
        weight_g: int,
        cod_poisha: int,
        declared_value_poisha: int,
        on: date,
        *,
        same_city: bool,
        remote: bool = False,
        advice_of_delivery: bool = False,
    ) -> Quote:
        """What a parcel costs on a day and how long it may take; Unacceptable when the service does not take it."""
        version, offered = self.on(on), self.service(service, on)
        _check_measures(offered, weight_g, cod_poisha, declared_value_poisha)
        carriage = _postage_line(offered, weight_g)
        extras = _extra_lines(version.fees, declared_value_poisha, advice_of_delivery)
        cod_fee = _cod_line(version.fees, cod_poisha)
        charges = (carriage, *extras, *cod_fee)
        vat = _share_line("vat", "VAT", "ভ্যাট", version.fees.vat_bps, sum(line.amount_poisha for line in charges))
        lines = (*charges, vat)
        return Quote(
            version=version.version,
            service=service,
            lines=lines,
            postage_poisha=sum(line.amount_poisha for line in (carriage, *extras)),
            cod_fee_poisha=sum(line.amount_poisha for line in cod_fee),
            vat_poisha=vat.amount_poisha,
            total_poisha=sum(line.amount_poisha for line in lines),
            promise_days=_promise_days(version.promise, same_city, remote),
        )

    def charges_for(self, collected_poisha: int, postage_poisha: int, on: date) -> tuple[int, int]:
        """COD fee and VAT of a parcel with that postage that brought in that much, by the tariff of a day."""
        fees = self.on(on).fees
        cod_fee_poisha = fees.cod_fee_poisha(collected_poisha)
        return cod_fee_poisha, share_poisha(postage_poisha + cod_fee_poisha, fees.vat_bps)


def share_poisha(amount_poisha: int, bps: int) -> int:
    """That many hundredths of a percent of an amount that is not negative, half a poisha rounded up."""
    return (amount_poisha * bps + 5_000) // 10_000


def _check_measures(service: Service, weight_g: int, cod_poisha: int, declared_value_poisha: int) -> None:
    if not 0 < weight_g <= service.max_weight_g:
        raise Unacceptable(
            f"{service.name_en} takes up to {kilograms(service.max_weight_g)}, not {kilograms(weight_g)}",
            field="weight_g",
            remedy="choose another service, or send it in several parcels",
        )
    for field, amount_poisha in (("cod_poisha", cod_poisha), ("declared_value_poisha", declared_value_poisha)):
        if amount_poisha < 0:
            raise Unacceptable("an amount cannot be negative", field=field, remedy="write 0 or more")


def _postage_line(service: Service, weight_g: int) -> QuoteLine:
    return QuoteLine(
        "postage",
        f"{service.name_en}, {kilograms(weight_g)}",
        f"{service.name_bn}, {kilograms(weight_g, 'bn')}",
        service.postage_poisha(weight_g),
    )


def _extra_lines(fees: Fees, declared_value_poisha: int, advice_of_delivery: bool) -> list[QuoteLine]:
    lines = []
    if declared_value_poisha and fees.insurance_bps:
        lines.append(_share_line("insurance", "Insurance", "বীমা", fees.insurance_bps, declared_value_poisha))
    if advice_of_delivery:
        lines.append(QuoteLine("advice", "Advice of delivery", "প্রাপ্তি স্বীকার", fees.advice_of_delivery_poisha))
    return lines


def _cod_line(fees: Fees, cod_poisha: int) -> list[QuoteLine]:
    """The COD fee as a line, or no line for a parcel on which nothing is collected."""
    if not cod_poisha:
        return []
    line = _share_line("cod_fee", "COD fee", "সিওডি ফি", fees.cod_fee_bps, cod_poisha)
    if line.amount_poisha < fees.cod_fee_min_poisha:
        line = QuoteLine("cod_fee", "COD fee, at least", "সিওডি ফি, সর্বনিম্ন", fees.cod_fee_min_poisha)
    return [line]


def _share_line(code: str, text_en: str, text_bn: str, bps: int, of_poisha: int) -> QuoteLine:
    percent = f"{bps / 100:g} %"
    return QuoteLine(code, f"{text_en} {percent}", f"{text_bn} {bangla_digits(percent)}", share_poisha(of_poisha, bps))


def _promise_days(promise: Promise, same_city: bool, remote: bool) -> int:
    if remote:
        return promise.remote_days
    return promise.same_city_days if same_city else promise.other_town_days


def load_tariffs(facts_dir: Path) -> Tariffs:
    """The tariff in ``tariffs.toml``; Unacceptable names the version and the key that is wrong."""
    file = read_facts(facts_dir / "tariffs.toml")
    blocks = file.get("version")
    if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
        raise Unacceptable("tariffs.toml holds no version", field="version", remedy="add a [[version]] block")
    versions = sorted((_version(block) for block in blocks), key=lambda version: version.valid_from)
    for earlier, later in combinations(versions, 2):
        if earlier.valid_from == later.valid_from or earlier.version == later.version:
            raise Unacceptable(
                f"tariffs.toml: versions {earlier.version} and {later.version} share their id or their first day",
                field="valid_from",
                remedy="give each version its own",
            )
    default_service = str(file.get("default_service"))
    if default_service not in versions[-1].services:
        raise Unacceptable(
            f"tariffs.toml: default_service {default_service!r} is not a service of version {versions[-1].version}",
            field="default_service",
            remedy=f"use one of: {', '.join(versions[-1].services)}",
        )
    return Tariffs(tuple(versions), default_service)


@dataclass(frozen=True, slots=True)
class _Head:
    """The keys of a version outside its blocks."""

    id: str
    valid_from: date
    source: str


def _version(block: Mapping[str, Any]) -> TariffVersion:
    where = f"tariffs.toml, version {block.get('id', 'without id')}"
    head = fact_of(_Head, {key: block[key] for key in block if key not in {"fees", "promise", "service"}}, where)
    services = table_of(block, "service", where)
    return TariffVersion(
        version=head.id,
        valid_from=head.valid_from,
        source=head.source,
        fees=fact_of(Fees, table_of(block, "fees", where), f"{where}, fees"),
        promise=fact_of(Promise, table_of(block, "promise", where), f"{where}, promise"),
        services={code: _service(code, table_of(services, code, where), where) for code in services},
    )


def _service(code: str, table: Mapping[str, Any], where: str) -> Service:
    service = fact_of(Service, table, f"{where}, service {code}")
    if service.max_weight_g < service.first_g or (service.max_weight_g > service.first_g and not service.step_g):
        raise Unacceptable(
            f"{where}, service {code}: no price is given from first_g up to max_weight_g",
            field="step_g",
            remedy="write step_g and step_poisha, or make max_weight_g equal to first_g",
        )
    return service
