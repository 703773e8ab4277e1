"""How many addresses the resolver gets right, how sure it is, and how fast: `python -m benchmarks.addresses FILE...`.

A file has the columns ``address_text``, ``messy_variant``, ``lang``, ``postcode``, ``accepted`` (all codes the area is
known by; the postcode alone where the column is missing), ``thana`` or ``thana_or_upazila`` (empty where the text does
not name it) and ``district``. Without a file, our own cases and the public sample, if it is there. ``--fit`` prints the
weights of the doubts that make confidences true on the files given; ``--wrong`` what is wrong.
"""

import argparse
import csv
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.doubts import KINDS, NOTHING_AGAINST, WEIGHTS
from post_logistics.network.loading import load_resolver
from post_logistics.network.resolve import SURE, Resolution, Unresolved
from post_logistics.network.text import sound
from post_logistics.units import Postcode

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "network" / "cases"
SAMPLE = ROOT.parent / "shared" / "samples" / "addresses_public_sample.csv"
COLUMNS = ("address_text", "messy_variant")


@dataclass(frozen=True)
class Answer:
    """A case with what the resolver says."""

    text: str
    column: str
    lang: str
    postcode: str
    accepted: frozenset[str]
    thanas: frozenset[str]
    """The thana and the one it was formed from; empty where the text names none."""
    district: str
    found: Resolution | None
    found_district: str
    found_thanas: frozenset[str]
    in_city: bool
    """Counted as metropolitan Dhaka: by its code, or else by its thana."""

    @property
    def code(self) -> str:
        """The postcode found, empty if none was."""
        return self.found.postcode if self.found else ""

    @property
    def code_right(self) -> bool:
        """True if the office found is one the area is really known by."""
        return self.code in self.accepted

    @property
    def thana_right(self) -> bool:
        """True if the text names no thana, or that one was found."""
        return not self.thanas or (self.found is not None and not self.found_thanas.isdisjoint(self.thanas))

    @property
    def right(self) -> bool:
        """True if what is known of the case is answered rightly: in the city the code, elsewhere thana and district."""
        if self.found is None:
            return False
        if self.in_city:
            return self.code_right or not self.accepted
        return self.found.district == self.district and self.thana_right


class Judge:
    """Runs cases through a resolver; thanas are compared by identity, not by spelling."""

    def __init__(self) -> None:
        self.resolver = load_resolver(ROOT / "data")
        offices, places = self.resolver.offices, self.resolver.places
        with (ROOT / "data" / "thanas.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._kinds = {row["name_en"]: row["kind"] for row in rows if row["district"] == METROPOLITAN.district}
        self._formed_from = {(row["district"], row["name_en"]): row["formed_from"] for row in rows}
        self._alias = {code: offices[code].postcode for code in offices}
        self._thanas = {
            (place.district, sound(name).replace(" ", "")): place.thana
            for place in places
            if place.kind == "thana"
            for name in (*place.spellings, place.name_en)
        }

    def answers(self, path: Path) -> Iterator[Answer]:
        """Both columns of every row of a file."""
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            codes = [row["postcode"], *row.get("accepted", "").split(";")]
            thana = row.get("thana") or row.get("thana_or_upazila") or ""
            for column in COLUMNS:
                found, district = self.resolve(row[column])
                accepted = frozenset(self._code(code) for code in codes if code.strip())
                yield Answer(
                    text=row[column],
                    column=column,
                    lang=row["lang"],
                    postcode=self._code(row["postcode"]),
                    accepted=accepted,
                    thanas=self._identities(row["district"], thana),
                    district=row["district"],
                    found=found,
                    found_district=district,
                    found_thanas=self._identities(district, found.thana if found else ""),
                    in_city=self._in_city(accepted, row["district"], thana),
                )

    def _identities(self, district: str, thana: str) -> frozenset[str]:
        known = self._thanas.get((district, sound(thana).replace(" ", "")), thana) if thana else ""
        return frozenset({known, self._formed_from.get((district, known), "")} - {""})

    def _in_city(self, accepted: Set[str], district: str, thana: str) -> bool:
        if accepted:
            return METROPOLITAN.first <= min(accepted) <= METROPOLITAN.last
        return district == METROPOLITAN.district and self._kinds.get(thana) == "metropolitan"

    def _code(self, code: str) -> str:
        return self._alias.get(Postcode(code.strip()), code.strip())

    def resolve(self, text: str) -> tuple[Resolution | None, str]:
        """What the resolver says, if anything, and the district it says, which it may know without an office."""
        try:
            found = self.resolver.resolve(text)
        except Unresolved as refused:
            return None, refused.district
        return found, found.district


def _figures(members: Sequence[Answer]) -> Iterator[tuple[str, int, int]]:
    """What is counted, how often it is right, and of how many."""
    city = [one for one in members if one.in_city and one.accepted]
    country = [one for one in members if not one.in_city]
    named = [one for one in country if one.thanas]
    coded = [one for one in country if one.accepted]
    sure = [one for one in members if one.found and one.found.confidence >= SURE]
    sure_city = [one for one in city if one in sure]
    yield "city: postcode as stated", sum(o.code == o.postcode for o in city), len(city)
    yield "city: a code the area is known by", sum(o.code_right for o in city), len(city)
    yield f"city: answers at least {SURE} sure", len(sure_city), len(city)
    yield f"city: right among those at least {SURE} sure", sum(o.right for o in sure_city), len(sure_city)
    yield "country: thana", sum(o.thana_right for o in named), len(named)
    yield "country: district", sum(o.found_district == o.district for o in country), len(country)
    yield "country: postcode", sum(o.code_right for o in coded), len(coded)
    yield f"all: right among those at least {SURE} sure", sum(o.right for o in sure), len(sure)


def _table(answers: Sequence[Answer]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for one in answers:
        for lang in ("all", one.lang):
            groups[one.column, lang].append(one)
    for (column, lang), members in sorted(groups.items()):
        yield f"{column} {lang}"
        for what, right, of in _figures(members):
            if of:
                yield f"  {what:44} {100 * right / of:5.1f} % of {of}"


_STEPS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01)


def _calibration(answers: Sequence[Answer]) -> Iterator[str]:
    yield "confidence   answers   right"
    for low, high in pairwise(_STEPS):
        among = [one for one in answers if one.found and low <= one.found.confidence < high]
        if among:
            share = sum(one.right for one in among) / len(among)
            yield f"{low:.2f} to {min(high, 1):.2f} {len(among):8d}   {100 * share:.1f} %"


def _fit(answers: Sequence[Answer]) -> Iterator[str]:
    """Logistic regression by Newton's method, drawn towards the present weights; a doubt never speaks for an answer."""
    known = [one for one in answers if one.found]
    x = np.array([[-float(kind in one.found.doubts) for kind in KINDS] for one in known if one.found])
    x = np.hstack([np.ones((len(known), 1)), x])
    y = np.array([float(one.right) for one in known])
    prior = np.array([NOTHING_AGAINST, *(WEIGHTS[kind] for kind in KINDS)])
    beta, pull = prior.copy(), np.full(len(prior), 1.0)
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (y - p) - pull * (beta - prior)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(pull)
        beta = np.maximum(beta + np.linalg.solve(hessian, gradient), 0.0)
    yield f"NOTHING_AGAINST = {beta[0]:.1f}"
    for kind, weight, used, wrong in zip(
        KINDS, beta[1:], -x[:, 1:].sum(0), -(x[:, 1:] * (1 - y)[:, None]).sum(0), strict=True
    ):
        yield f'        "{kind}": {weight:.1f},  # {used:.0f} answers, {wrong:.0f} wrong'


def _wrong(answers: Sequence[Answer]) -> Iterator[str]:
    for one in answers:
        found = one.found
        said = (
            f"{found.postcode} {found.thana}, {found.district} {found.confidence} {found.doubts}"
            if found
            else "nothing"
        )
        code_wrong = bool(one.postcode) and not one.code_right
        if not one.right or code_wrong:
            truth = f"{'/'.join(sorted(one.accepted))} {'/'.join(sorted(one.thanas))}, {one.district}"
            yield f"{'WRONG' if not one.right else 'code '} {one.text}\n      {said} | {truth}"


def main() -> None:
    """Prints the figures for the files named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[*sorted(CASES.glob("*.csv")), SAMPLE])
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    asked = parser.parse_args()
    begun = time.perf_counter()
    judge = Judge()
    print(f"ready after {time.perf_counter() - begun:.2f} s")
    everything: list[Answer] = []
    for path in asked.files:
        if path.exists():
            begun = time.process_time()
            answers = list(judge.answers(path))
            seconds = time.process_time() - begun
            print(f"== {path.name}: {len(answers)} addresses, {len(answers) / seconds:.0f} a second of processor")
            print("\n".join(_table(answers)))
            if asked.wrong:
                print("\n".join(_wrong(answers)))
            everything += answers
    print("\n".join(_calibration(everything)))
    if asked.fit:
        print("\n".join(_fit(everything)))


if __name__ == "__main__":
    main()
