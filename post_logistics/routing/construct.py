"""Tours without a search: as a rider goes who looks no further than the next door, and room found for a late comer."""

from collections.abc import Iterable, Sequence

from post_logistics.routing.draft import Draft, cheapest_place, draft_tour, fits_cash, fits_load
from post_logistics.routing.problem import RoutingProblem, Stop, Vehicle


def nearest_neighbour(problem: RoutingProblem, stops: Iterable[Stop]) -> list[Draft]:
    """A draft per vehicle: each goes from door to nearest door as long as one of those still to be served fits."""
    left = list(stops)
    drafts = []
    for vehicle in problem.vehicles:
        draft = empty_tour(problem, vehicle)
        while (longer := _to_the_nearest(problem, draft, left)) is not None:
            left.remove(longer.stops[-1])
            draft = longer
        drafts.append(draft)
    return drafts


def empty_tour(problem: RoutingProblem, vehicle: Vehicle) -> Draft:
    """The tour of a rider who stays at the office."""
    draft = draft_tour(problem, vehicle, ())
    assert draft is not None, "a rider who stays breaks no limit"
    return draft


def _to_the_nearest(problem: RoutingProblem, draft: Draft, left: Sequence[Stop]) -> Draft | None:
    from_here_m = problem.distance_m[draft.nodes[-2]]
    for stop in sorted(left, key=lambda stop: from_here_m[stop.node]):
        longer = draft_tour(problem, draft.vehicle, (*draft.stops, stop))
        if longer is not None:
            return longer
    return None


def squeeze_in(problem: RoutingProblem, drafts: list[Draft], left: Sequence[Stop]) -> tuple[list[Draft], list[Stop]]:
    """The drafts with every stop inserted that fits and, if it may wait, is worth it; and the stops that stay behind.

    Those that must go come first, each where it costs least; an insertion may make the way to another one worth it.
    """
    waiting = sorted(left, key=lambda stop: stop.prize_m is not None)
    placed = True
    while placed:
        placed = False
        for stop in list(waiting):
            found = cheapest_insertion(problem, drafts, stop)
            if found is not None and worth_it(stop, found[0]):
                drafts = [found[2] if at == found[1] else draft for at, draft in enumerate(drafts)]
                waiting.remove(stop)
                placed = True
    return drafts, waiting


def worth_it(stop: Stop, extra_m: int) -> bool:
    """Whether the stop is to be served at that extra cost: it must go, or its prize is higher."""
    return stop.prize_m is None or stop.prize_m > extra_m


def cheapest_insertion(problem: RoutingProblem, drafts: Sequence[Draft], stop: Stop) -> tuple[int, int, Draft] | None:
    """What serving the stop costs at least (metres), the index of the draft that does it and that draft with it."""
    best = min(
        (
            (place.extra_m, index, place.position)
            for index, draft in enumerate(drafts)
            if has_room(draft, stop) and (place := cheapest_place(draft, stop)) is not None
        ),
        default=None,
    )
    if best is None:
        return None
    extra_m, index, position = best
    stops = drafts[index].stops
    longer = draft_tour(problem, drafts[index].vehicle, (*stops[:position], stop, *stops[position:]))
    assert longer is not None, "cheapest_place looks at the same times as draft_tour"
    return extra_m, index, longer


def has_room(draft: Draft, stop: Stop) -> bool:
    """Whether the stop's load and cash fit into the draft."""
    stops = (*draft.stops, stop)
    return fits_load(draft.vehicle, stops) and fits_cash(draft.vehicle, stops)
