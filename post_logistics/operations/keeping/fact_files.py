"""The files of ``data/``: looked at, and a changed one checked as the engine reads it, its differences row by row.

Nothing is applied here. A fact changes by a file that somebody else reviews and puts into the folder of the facts; what
comes out of a check is the file as it should be kept, and the difference as ``git apply`` and ``patch -p1`` take it.
"""

import csv
import difflib
import io
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from post_logistics.channels.messages import load_messages
from post_logistics.cod.costs import load_costs
from post_logistics.cod.matching.rules import load_match_rules
from post_logistics.cod.payout_files import load_payout_layouts
from post_logistics.cod.rules import load_cod_rules
from post_logistics.cod.whereabouts import load_money_rules
from post_logistics.consignments.booking import load_booking_rules
from post_logistics.consignments.lifecycle_rules import load_lifecycle_rules
from post_logistics.consignments.order_files import load_order_columns
from post_logistics.consignments.tariffs import load_tariffs
from post_logistics.consignments.view_cards import load_view_card_rules
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.network.collection_points import load_collection_points
from post_logistics.network.fleet import load_fleet
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.network.timetable import load_legs
from post_logistics.operations.centres.commissions import load_commissions
from post_logistics.operations.keeping.retention import load_retention_rules
from post_logistics.routing.promises import load_delays
from post_logistics.tracking.claims import load_claim_rules
from post_logistics.tracking.due import load_due_rules
from post_logistics.tracking.forecast import load_assumptions
from post_logistics.tracking.proofs import load_proof_rules
from post_logistics.units import Postcode

MAX_BYTES: Final = 4 * 2**20
Loader = Callable[[Path], object]


def _agree(folder: Path) -> None:
    """Returns if every office that legs, riders and collection points name is there; Unacceptable otherwise."""
    offices = load_offices(folder)
    named: dict[str, tuple[Postcode, ...]] = {}
    named |= {f"timetable.csv, leg {leg.leg_id}": (leg.origin, leg.destination) for leg in load_legs(folder)}
    named |= {f"fleet.toml, riders of {office}": (office,) for office in load_fleet(folder).deliveries}
    named |= {f"collection_points.csv, {one.point_id}": (one.office,) for one in load_collection_points(folder)}
    for where, codes in named.items():
        for code in codes:
            if code not in offices:
                raise Unacceptable(
                    f"{where}: there is no office {code}",
                    field="postcode",
                    remedy="name an office of post_offices.csv, or change the two files together",
                )


FILES: Final[Mapping[str, tuple[Loader, ...]]] = {
    "post_offices.csv": (load_offices, _agree),
    "timetable.csv": (load_legs, _agree),
    "fleet.toml": (load_fleet, _agree),
    "collection_points.csv": (load_collection_points, _agree),
    "tariffs.toml": (load_tariffs,),
    "view_cards.toml": (load_view_card_rules,),
    "booking.toml": (load_booking_rules,),
    "cod.toml": (load_cod_rules,),
    "agents.toml": (load_commissions,),
    "money_alarms.toml": (load_money_rules,),
    "promises.toml": (load_delays,),
    "attempts.toml": (load_assumptions,),
    "custody.toml": (load_due_rules,),
    "lifecycle.toml": (load_lifecycle_rules,),
    "proofs.toml": (load_proof_rules,),
    "claims.toml": (load_claim_rules,),
    "messages.toml": (load_messages,),
    "order_columns.toml": (load_order_columns,),
    "matching.toml": (load_match_rules,),
    "payout_layouts.toml": (load_payout_layouts,),
    "costs.toml": (load_costs,),
    "retention.toml": (load_retention_rules,),
    "places.csv": (load_places,),
    "unions.csv": (load_places,),
    "thanas.csv": (load_places,),
    "districts.csv": (load_places,),
}
"""File -> what reads it, and so says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a row, or one key of a table. Empty: not there."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is new, gone or other than it was. ``key``: what names it, the first column or the path in a table."""

    key: str
    kind: str
    """``new``, ``gone`` or ``other``."""
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A changed file that the engine can read. ``text``: as it is to be kept. ``patch``: the difference alone."""

    name: str
    text: str
    rows: tuple[RowChange, ...]
    patch: str


def read_fact_file(folder: Path, name: str) -> bytes:
    """The file as it is in use; NotFound if it is none of ``FILES``."""
    path = folder / name
    if name not in FILES or not path.is_file():
        raise NotFound(f"no file {name}", field="file", remedy=f"name one of: {', '.join(FILES)}")
    return path.read_bytes()


def rows_of(name: str, content: bytes) -> dict[str, dict[str, str]]:
    """What names a row -> its columns; of a TOML file, path of a table -> its keys."""
    return _rows(name, _text(name, content))


def check_change(folder: Path, name: str, content: bytes) -> Checked:
    """The changed file, checked; Unacceptable says in which row and column what is wrong, and what to write instead."""
    before, after = _text(name, read_fact_file(folder, name)), _text(name, content)
    with changed_folder(folder, name, after) as changed:
        for load in FILES[name]:
            try:
                load(changed)
            except PostError:
                raise
            except (ValueError, TypeError, KeyError) as error:
                raise Unacceptable(f"{name}: {error}", field="file", remedy="see data/README.md") from error
    return Checked(name, after, tuple(_differences(name, before, after)), _patch(name, before, after))


@contextmanager
def changed_folder(folder: Path, name: str, text: str) -> Iterator[Path]:
    """For as long as the block lasts, a folder with the facts as they would be with this one file changed."""
    with TemporaryDirectory(prefix="facts-") as made:
        for path in folder.iterdir():
            if path.name != name:
                (Path(made) / path.name).symlink_to(path.absolute())
        (Path(made) / name).write_text(text, encoding="utf-8")
        yield Path(made)


def _text(name: str, content: bytes) -> str:
    """The text with the line ends of the facts, and no mark at its beginning."""
    if len(content) > MAX_BYTES:
        raise Unacceptable(f"{name} is larger than {MAX_BYTES >> 20} MB", field="file", remedy="send the file itself")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unacceptable(
            f"{name} is not UTF-8 text", field="file", remedy="in the spreadsheet program, save as 'CSV UTF-8'"
        ) from None
    if "\0" in text:
        raise Unacceptable(f"{name} is no text", field="file", remedy="send the CSV or TOML file itself")
    return "\n".join(text.splitlines()).rstrip("\n") + "\n"


def _patch(name: str, before: str, after: str) -> str:
    lines = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(difflib.unified_diff(*lines, f"a/data/{name}", f"b/data/{name}"))


def _differences(name: str, before: str, after: str) -> Iterator[RowChange]:
    """What is other, in the order of the new file; what is gone, in the order of the old one, at the end."""
    old, new = _rows(name, before), _rows(name, after)
    for key, row in new.items():
        was = old.get(key, {})
        cells = tuple(
            Cell(column, was.get(column, ""), row.get(column, ""))
            for column in dict.fromkeys((*row, *was))
            if was.get(column, "") != row.get(column, "")
        )
        if cells or key not in old:
            yield RowChange(key, "other" if key in old else "new", cells)
    for key, row in old.items():
        if key not in new:
            yield RowChange(key, "gone", tuple(Cell(column, text, "") for column, text in row.items() if text))


def _rows(name: str, text: str) -> dict[str, dict[str, str]]:
    """Key -> column -> cell. A CSV table's key is its first column, with a count where that is not unique."""
    if name.endswith(".toml"):
        return _tables(tomllib.loads(text))
    found: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        cells = {str(column).strip(): (cell or "").strip() for column, cell in row.items() if column is not None}
        key = again = next(iter(cells.values()), "")
        number = 1
        while again in found:
            number += 1
            again = f"{key} ({number})"
        found[again] = cells
    return found


def _tables(table: Mapping[str, Any], path: str = "") -> dict[str, dict[str, str]]:
    """Path of a table -> its keys that hold no table. Tables in a list go by their id, or by their place in it."""
    own: dict[str, str] = {}
    found = {path: own}
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            found |= _tables(value, here)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for number, one in enumerate(value, 1):
                name = next((one[name] for name in ("id", "name", "valid_from", "event") if name in one), number)
                found |= _tables(one, f"{here} {name}" if f"{here} {name}" not in found else f"{here} {number}")
        else:
            own[key] = str(value)
    return {path: cells for path, cells in found.items() if cells}
