"""The judge's clock: whether a tour's times follow from the ways, the windows, the shift and the break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from post_logistics.routing.plan import Rest, Tour
from post_logistics.routing.problem import HOURS, UNREACHABLE, Break, Matrix, RoutingProblem, Stop, Vehicle
from post_logistics.routing.violation import Fault, Violation

HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Call:
    """One place of a tour: a door, or the office if there is no ``stop``. ``lasts_s``: the service or reloading."""

    node: int
    arrival_s: int
    departure_s: int
    lasts_s: int = 0
    stop: Stop | None = None

    @property
    def start_s(self) -> int:
        """When service, or reloading, begins."""
        return self.departure_s - self.lasts_s

    @property
    def name(self) -> str:
        """What to call it in a violation."""
        return "the office" if self.stop is None else self.stop.stop_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A tour beside what the problem says of it; ``calls`` are all its places in order, from start to end.

    way_m, travel_s: (n, n) int64, metres and seconds at full speed, row = from. ``frozen``: how many visits are facts.
    """

    vehicle: Vehicle
    tour: Tour
    calls: tuple[Call, ...]
    way_m: Matrix
    travel_s: Matrix
    frozen: int

    @property
    def stops(self) -> list[Stop]:
        """The stops called at, in order."""
        return [call.stop for call in self.calls if call.stop is not None]

    @property
    def distance_m(self) -> int:
        """Metres from start to end."""
        return sum(int(self.way_m[here.node, there.node]) for here, there in pairwise(self.calls))

    @property
    def work_s(self) -> int:
        """Seconds of driving at full speed, service and reloading."""
        driving_s = sum(int(self.travel_s[here.node, there.node]) for here, there in pairwise(self.calls))
        return driving_s + sum(call.lasts_s for call in self.calls)


def ride_of(problem: RoutingProblem, vehicle: Vehicle, stops: Sequence[Stop], tour: Tour) -> Ride:
    """The tour with its places spelt out; ``stops`` are those of its visits, in order."""
    calls = [Call(vehicle.start_node, tour.depart_s, tour.depart_s)]
    for number, (stop, visit) in enumerate(zip(stops, tour.visits, strict=True), start=1):
        calls.append(Call(stop.node, visit.arrival_s, visit.departure_s, stop.service_s, stop))
        calls += [
            Call(vehicle.start_node, back.arrival_s, back.departure_s, vehicle.reload_s)
            for back in tour.returns
            if back.visits == number
        ]
    calls.append(Call(vehicle.end_node, tour.return_s, tour.return_s))
    return Ride(
        vehicle=vehicle,
        tour=tour,
        calls=tuple(calls),
        way_m=problem.way_m(vehicle),
        travel_s=problem.travel_s(vehicle),
        frozen=min(len(vehicle.frozen), len(stops)),
    )


def check_way(ride: Ride) -> Iterator[Violation]:
    """Every fault in the times of a ride, but for those of the frozen visits, which are facts."""
    vehicle, tour = ride.vehicle, ride.tour
    if ride.frozen and tour.depart_s > tour.visits[0].arrival_s:
        yield Violation(Fault.WRONG_TIME, tour.vehicle_id, f"leaves at {tour.depart_s}, after its first arrival")
    if not ride.frozen and tour.depart_s < vehicle.shift_start_s:
        yield Violation(Fault.OUTSIDE_SHIFT, tour.vehicle_id, f"leaves at {tour.depart_s}")
    for here, there in _legs(ride):
        yield from _check_leg(ride, here, there)
    for call in ride.calls[1 + ride.frozen : -1]:
        yield from _check_office(call, tour.rest) if call.stop is None else _check_door(call, call.stop)
    latest_s = _latest_return_s(ride)
    if tour.return_s > latest_s:
        yield Violation(Fault.OUTSIDE_SHIFT, tour.vehicle_id, f"is back at {tour.return_s}, not by {latest_s}")
    yield from _check_rest(ride, latest_s)


def arrival_s(vehicle: Vehicle, leave_s: int, travel_s: int) -> int:
    """When a vehicle that leaves at ``leave_s`` has driven what takes ``travel_s`` seconds at full speed.

    The first whole second by which the percentages of all seconds on the way add up to 100 for each of ``travel_s``.
    """
    if not vehicle.speed_pct:
        return leave_s + travel_s
    days, left = divmod(100 * travel_s, HOUR_S * sum(vehicle.speed_pct))
    clock_s = leave_s + days * HOURS * HOUR_S
    while left > 0:
        percent = vehicle.speed_pct[clock_s // HOUR_S % HOURS]
        drives_s = min(HOUR_S - clock_s % HOUR_S, -(-left // percent))
        clock_s += drives_s
        left -= drives_s * percent
    return clock_s


def _legs(ride: Ride) -> list[tuple[Call, Call]]:
    """The legs that are judged: all of them, or those after the last frozen visit."""
    return list(pairwise(ride.calls))[ride.frozen :]


def _leave_s(ride: Ride, here: Call, there: Call) -> int:
    """When the rider drives on: as soon as he can, or after a break that begins between service and next arrival."""
    rest = ride.tour.rest
    rests = rest is not None and here is not ride.calls[0] and here.departure_s <= rest.start_s < there.arrival_s
    return rest.end_s if rest is not None and rests else here.departure_s


def _check_leg(ride: Ride, here: Call, there: Call) -> Iterator[Violation]:
    travel_s = int(ride.travel_s[here.node, there.node])
    subject = ride.tour.vehicle_id if there.stop is None else there.name
    if travel_s >= UNREACHABLE:
        yield Violation(Fault.NO_SUCH_LEG, subject, f"no way from node {here.node} to {there.node}")
        return
    leave_s = _leave_s(ride, here, there)
    due_s = arrival_s(ride.vehicle, leave_s, travel_s)
    if there.arrival_s != due_s:
        detail = f"at {there.name} at {there.arrival_s}, not {due_s} as follows from {here.name} at {leave_s}"
        yield Violation(Fault.WRONG_TIME, subject, detail)


def _check_door(call: Call, stop: Stop) -> Iterator[Violation]:
    if call.start_s < call.arrival_s:
        yield Violation(Fault.WRONG_TIME, stop.stop_id, f"service at {call.start_s}, arrival at {call.arrival_s}")
    if stop.windows and not any(window.open_s <= call.start_s < window.close_s for window in stop.windows):
        yield Violation(Fault.OUTSIDE_WINDOW, stop.stop_id, f"service at {call.start_s}")


def _check_office(call: Call, rest: Rest | None) -> Iterator[Violation]:
    rests = rest is not None and call.arrival_s <= rest.start_s and rest.end_s <= call.start_s
    if call.start_s != call.arrival_s and not rests:
        detail = f"reloads at {call.start_s} for {call.lasts_s} s, arrival at {call.arrival_s}"
        yield Violation(Fault.WRONG_TIME, call.name, detail)


def _latest_return_s(ride: Ride) -> int:
    """The end of the shift, or when the rider would be back from the frozen visits alone if that is later."""
    last = ride.calls[ride.frozen]
    back_s = int(ride.travel_s[last.node, ride.vehicle.end_node])
    if not ride.frozen or back_s >= UNREACHABLE:
        return ride.vehicle.shift_end_s
    return max(ride.vehicle.shift_end_s, arrival_s(ride.vehicle, last.departure_s, back_s))


def _check_rest(ride: Ride, latest_return_s: int) -> Iterator[Violation]:
    pause, rest, who = ride.vehicle.pause, ride.tour.rest, ride.tour.vehicle_id
    if pause is None or rest is None:
        if pause is not None and not _break_is_lost(ride, pause, latest_return_s):
            yield Violation(Fault.BREAK_MISSING, who, f"{pause.duration_s} s are due")
        if rest is not None:
            yield Violation(Fault.BREAK_UNASKED, who, f"rests at {rest.start_s}")
        return
    when = f"from {rest.start_s} to {rest.end_s}"
    if rest.end_s - rest.start_s != pause.duration_s:
        yield Violation(Fault.BREAK_OUTSIDE, who, f"{when} is not {pause.duration_s} s")
    if not pause.earliest_s <= rest.start_s <= pause.latest_s:
        yield Violation(Fault.BREAK_OUTSIDE, who, f"{when}, to begin from {pause.earliest_s} to {pause.latest_s}")
    on_duty_s = ride.vehicle.shift_start_s
    if not (on_duty_s <= rest.start_s and rest.end_s <= latest_return_s):
        yield Violation(Fault.BREAK_OUTSIDE, who, f"{when}, on duty from {on_duty_s} to {latest_return_s}")
    for busy, start_s, end_s in _busy(ride):
        if start_s < rest.end_s and rest.start_s < end_s:
            yield Violation(Fault.BREAK_WHILE_BUSY, who, f"{when}, but {busy} from {start_s} to {end_s}")


def _break_is_lost(ride: Ride, pause: Break, latest_return_s: int) -> bool:
    """Whether frozen visits leave no time for the break: not before, between or after them, going straight home."""
    if not ride.frozen:
        return False
    free_s = [ride.vehicle.shift_start_s, *(call.departure_s for call in ride.calls[1 : ride.frozen + 1])]
    busy_s = [*(call.start_s for call in ride.calls[1 : ride.frozen + 1]), latest_return_s]
    back_s = int(ride.travel_s[ride.calls[ride.frozen].node, ride.vehicle.end_node])
    at_home_s = arrival_s(ride.vehicle, free_s[-1], back_s)
    for since_s, until_s in [*zip(free_s, busy_s, strict=True), (at_home_s, latest_return_s)]:
        start_s = max(since_s, pause.earliest_s, ride.vehicle.shift_start_s)
        end_s = start_s + pause.duration_s
        leaves_last = since_s == free_s[-1] and until_s == latest_return_s
        home_s = arrival_s(ride.vehicle, end_s, back_s) if leaves_last else end_s
        if start_s <= pause.latest_s and home_s <= until_s:
            return False
    return True


def _busy(ride: Ride) -> Iterator[tuple[str, int, int]]:
    """What the rider cannot rest at, with its half-open period: service, reloading, and the legs that are judged."""
    for call in ride.calls[1:-1]:
        yield f"at {call.name}", call.start_s, call.departure_s
    for here, there in _legs(ride):
        yield f"on the way to {there.name}", _leave_s(ride, here, there), there.arrival_s
