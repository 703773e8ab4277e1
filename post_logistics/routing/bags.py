"""Which bags are made up for which run: closed for the destination where enough goes there, otherwise for the next hub.

A direct bag is not opened on the way, so it saves every sorting but the last; a bag for three parcels is a bag carried
for nothing. Each office decides when it makes up a run's bags, with what it has then: its own parcels and those out of
the bags it has opened.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import LegRun
from post_logistics.routing.linehaul_plan import LinehaulPlan, Load
from post_logistics.units import Postcode, kilograms


@dataclass(frozen=True, slots=True, kw_only=True)
class BagRules:
    """From how much on a destination has bags of its own, and what one bag holds, by the mean weight of what is in it.

    ``most_g``: 30 kg, the most a mail bag may weigh between countries (Universal Postal Union); assumed to hold inside
    the country too. The others are assumed.
    """

    direct_parcels: int = 20
    direct_g: int = 15_000
    most_parcels: int = 40
    most_g: int = 30_000

    def __post_init__(self) -> None:
        for field in ("direct_parcels", "direct_g", "most_parcels", "most_g"):
            if getattr(self, field) < 1:
                raise Unacceptable(f"{getattr(self, field)} is less than one", field=field, remedy="give 1 or more")


@dataclass(frozen=True, slots=True)
class Content:
    """What a bag holds for one destination, and why it is in this bag."""

    destination: Postcode
    parcels: int
    weight_g: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """``count`` bags alike, made up for the first of ``runs`` and opened where the last arrives.

    ``flows``: the numbers of the plan's flows whose parcels are inside.
    """

    runs: tuple[LegRun, ...]
    count: int
    contents: tuple[Content, ...]
    flows: tuple[int, ...]

    @property
    def opened_at(self) -> Postcode:
        """The office that opens it."""
        return self.runs[-1].leg.destination

    @property
    def parcels(self) -> int:
        """All that is inside."""
        return sum(content.parcels for content in self.contents)


@dataclass(frozen=True, slots=True)
class BagPlan:
    """Bags in the order in which they are made up. ``sorted_parcels``: how often a parcel is taken out of a bag to be
    put into another."""

    bags: tuple[Bag, ...]
    sorted_parcels: int


def plan_bags(loads: Sequence[Load], plan: LinehaulPlan, rules: BagRules | None = None) -> BagPlan:
    """The bags for every run of the plan.

    Parcels that leave on a run for one destination, by the same runs from there on, go in a direct bag if they reach
    ``direct_parcels`` or ``direct_g``. The others go together into a bag to the office where the run ends: there it is
    opened, and what travels on is looked at again. Where weights are not known only the parcels count.

    Unacceptable if one parcel alone is too heavy for a bag.
    """
    rules = rules or BagRules()
    for row, load in enumerate(loads, start=1):
        if load.parcel_g > rules.most_g:
            message = f"a parcel of {load.parcel_g} g fits no bag of {rules.most_g} g"
            raise Unacceptable(message, field="parcel_g", row=row, remedy="send it outside the bags")
    at_hand: dict[LegRun, list[int]] = defaultdict(list)
    for number, flow in enumerate(plan.flows):
        if flow.runs:
            at_hand[flow.runs[0]].append(number)
    bags: list[Bag] = []
    sorted_parcels = 0
    for one in plan.runs:
        for bag in _made_up(_groups(loads, plan, one.run, at_hand[one.run]), one.run, rules):
            bags.append(bag)
            for number in bag.flows:
                flow = plan.flows[number]
                if flow.runs[-1] != bag.runs[-1]:
                    at_hand[flow.runs[flow.runs.index(bag.runs[-1]) + 1]].append(number)
                    sorted_parcels += flow.parcels
    return BagPlan(tuple(bags), sorted_parcels)


@dataclass(frozen=True, slots=True)
class _Group:
    """Parcels that leave together and stay together until they are there."""

    runs: tuple[LegRun, ...]
    flows: tuple[int, ...]
    parcels: int
    weight_g: int


def _groups(loads: Sequence[Load], plan: LinehaulPlan, run: LegRun, numbers: Sequence[int]) -> list[_Group]:
    together: dict[tuple[LegRun, ...], list[int]] = defaultdict(list)
    for number in sorted(numbers):
        runs = plan.flows[number].runs
        together[runs[runs.index(run) :]].append(number)
    return [
        _Group(
            runs,
            tuple(members),
            sum(plan.flows[number].parcels for number in members),
            sum(plan.flows[number].parcels * loads[plan.flows[number].load].parcel_g for number in members),
        )
        for runs, members in together.items()
    ]


def _made_up(groups: Sequence[_Group], run: LegRun, rules: BagRules) -> Iterator[Bag]:
    """A bag for each group that has enough, and one to the end of the run for the rest."""
    rest = []
    for group in groups:
        if group.parcels >= rules.direct_parcels or group.weight_g >= rules.direct_g:
            yield _bag(group.runs, [group], rules)
        else:
            rest.append(group)
    if rest:
        yield _bag((run,), rest, rules)


def _bag(runs: tuple[LegRun, ...], groups: Sequence[_Group], rules: BagRules) -> Bag:
    parcels, weight_g = sum(group.parcels for group in groups), sum(group.weight_g for group in groups)
    holds = min(rules.most_parcels, rules.most_g * parcels // weight_g if weight_g else parcels)
    return Bag(
        runs=runs,
        count=-(-parcels // holds),
        contents=tuple(
            Content(group.runs[-1].leg.destination, group.parcels, group.weight_g, _why(group, runs, rules))
            for group in groups
        ),
        flows=tuple(number for group in groups for number in group.flows),
    )


def _why(group: _Group, runs: tuple[LegRun, ...], rules: BagRules) -> str:
    many = "1 parcel" if group.parcels == 1 else f"{group.parcels} parcels"
    if group.parcels >= rules.direct_parcels:
        return f"direct: {many}, at least {rules.direct_parcels}"
    if group.weight_g >= rules.direct_g:
        return f"direct: {many} of {kilograms(group.weight_g)}, at least {kilograms(rules.direct_g)}"
    if group.runs == runs:
        return f"last leg: {many}"
    return f"through {runs[-1].leg.destination}: {many}, less than {rules.direct_parcels}"
