"""Our tours against those of OR-Tools, PyVRP and VROOM: same machine, one thread, the same seconds, in turns.

    python -m benchmarks.routing [--set NAME ...] [--folder DIR] [--limit N] [--seconds S] [--seeds N] [--out FILE]

Nothing here is part of the tests. What each competitor can be told is in benchmarks/routing/peers.py.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.routing.peers import COMPETITORS, OURS
from benchmarks.routing.sets import SETS, Case, folder_cases, some_of
from benchmarks.routing.table import Line, compete, report
from post_logistics.errors import Unacceptable

PEERS = [one.name for one in COMPETITORS if one.name != OURS]


def main(given: Sequence[str] | None = None) -> None:
    """Runs the competition and prints its tables; ``--out`` is written anew after each instance."""
    arguments = _parser().parse_args(given)
    seconds = arguments.seconds or (3 if arguments.quick else 10)
    seeds = arguments.seeds or (1 if arguments.quick else 5)
    limit = arguments.limit or (2 if arguments.quick else sys.maxsize)
    competitors = [one for one in COMPETITORS if one.name in (OURS, *(arguments.against or PEERS))]
    allowed_s = {one.name: seconds for one in competitors} | {OURS: arguments.our_seconds or seconds}
    terms = ", ".join(f"{name} {allowed:g} s" for name, allowed in allowed_s.items())
    lines: list[Line] = []
    try:
        for case in _cases(arguments, limit):
            try:
                lines.append(compete(case, competitors, allowed_s, seeds, _say))
            except Unacceptable as error:
                _say(f"{case.name} is passed over: {error}")
                continue
            if arguments.out:
                arguments.out.write_text(report(lines, list(allowed_s), terms) + "\n", encoding="utf-8")
    except KeyboardInterrupt:
        _say(f"stopped: the tables are of the {len(lines)} instances that were finished")
    if lines:
        print(report(lines, list(allowed_s), terms))


def _cases(arguments: argparse.Namespace, limit: int) -> list[Case]:
    """The cases asked for: of the folder, of the sets named, or without either of all sets; so many of each."""
    groups = [folder_cases(arguments.folder)] if arguments.folder else []
    names = arguments.set or ([] if arguments.folder else list(SETS))
    groups += [list(SETS[name]()) for name in names]
    chosen = [[case for case in group if arguments.only in case.name] for group in groups]
    cases = [case for group in chosen for case in some_of(group, limit)]
    if not cases:
        sys.exit("no instance of that name: give a folder with .vrp or Solomon .txt files, or a --set")
    return cases


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", action="append", choices=list(SETS), help="instances made here (all; repeatable)")
    parser.add_argument(
        "--folder", type=Path, help="read .vrp and Solomon .txt files; NAME.sol has the best known cost"
    )
    parser.add_argument("--only", default="", help="only instances with this in their name")
    parser.add_argument("--limit", type=int, help="so many of each set and of the folder, by lot (all)")
    parser.add_argument("--against", action="append", choices=PEERS, help="only that peer (all; repeatable)")
    parser.add_argument("--seconds", type=float, help="for one plan (10)")
    parser.add_argument(
        "--our-seconds", type=float, help="for ours, if not the same: less against longer runs of peers"
    )
    parser.add_argument("--seeds", type=int, help="how often each competitor plans each instance (5)")
    parser.add_argument("--quick", action="store_true", help="3 seconds, 1 seed, 2 of each set: a few minutes")
    parser.add_argument("--out", type=Path, help="also write the tables there")
    return parser


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
