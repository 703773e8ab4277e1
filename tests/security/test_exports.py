"""No cell of any table that we hand out becomes a formula, and there is one place where tables are written."""

import ast
import csv
import io
import re
from pathlib import Path

import pytest

from tests.api.client import Api
from tests.api.openapi import OPERATIONS, Operation
from tests.api.test_settlements_api import ACCOUNT
from tests.security.world import World

ROOT = Path(__file__).resolve().parent.parent.parent
WRITERS = {"csv.writer", "csv.DictWriter", "Workbook", "to_csv", "to_excel"}
ALLOWED = {
    "post_logistics/printing/tables.py": "the one writer of tables",
    "post_logistics/printing/workbooks.py": "the one writer of workbooks",
    "post_logistics/cod/payout_files.py": "a bank's own layout; a name that begins a formula is none",
    "post_logistics/operations/orders/address_files.py": "passes somebody's own file on, cell by cell",
    "post_logistics/operations/faces/feeds.py": "codes, offices and times of ours, read by machines",
    "post_logistics/operations/promises/punctuality.py": "columns by name; each cell goes through safe_cell",
    "post_logistics/demo/run.py": "made-up",
}
"""Where a table is written, and why not elsewhere."""
ACTIVE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
INJECTIONS = (
    "=HYPERLINK(\"http://evil.example\",\"x\")", "+1+1", "-2+3", "@SUM(1)", "\t=1", "  =1+1", "＝1+1",
    "=cmd|' /C calc'!A0",
)  # fmt: skip


def writes_tables(path: Path) -> bool:
    text = path.read_text()
    if not any(word.rpartition(".")[2] in text for word in WRITERS):
        return False
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return any(
        ast.unparse(call.func) in WRITERS or ast.unparse(call.func).rpartition(".")[2] in {"to_csv", "to_excel"}
        for call in calls
    )


def test_tables_are_written_where_cells_are_made_safe_and_nowhere_else() -> None:
    sources = [path for folder in ("post_logistics", "api") for path in (ROOT / folder).rglob("*.py")]
    writing = {str(path.relative_to(ROOT)) for path in sources if writes_tables(path)}
    assert writing <= ALLOWED.keys(), writing - ALLOWED.keys()


TABLES = [
    one for one in OPERATIONS
    if (one.method == "GET" and any("csv" in kind for kind in one.facts["responses"].get("200", {}).get("content", {})))
    or one.path.endswith(".csv")
]  # fmt: skip


def active_cells(text: str) -> list[str]:
    cells = (cell for row in csv.reader(io.StringIO(text)) for cell in row)
    return [one for one in cells if one.lstrip(" ").startswith(ACTIVE) and not re.fullmatch(r"[+-]?\d+(\.\d+)?", one)]


@pytest.fixture(scope="module")
def injected(api: Api, world: World) -> list[str]:
    """Parcels of the shop whose every text begins a formula."""
    plain = [text for text in INJECTIONS if text[0] in "=+-@" and re.search("[A-Z]", text)]
    house = "House 5, Mirpur-10, Dhaka 1216"
    return [
        api.item(world.shop, text[:30], recipient_name=text, note=text, recipient_address=f"{text} {house}")
        for text in plain
    ]


@pytest.mark.parametrize("operation", TABLES, ids=lambda one: one.name)
def test_no_cell_of_an_answer_is_active(world: World, injected: list[str], operation: Operation) -> None:
    path = re.sub(r"{(\w+)}", lambda place: world.things.get(place[1], "2026-Q4"), operation.path)
    span = {"from_on": "2026-11-01", "to_on": "2026-11-22", "month": "2026-11", "format": "csv"}
    for scope in ({}, {"merchant": world.shop}):
        answer = world.api.get(path, params=span, **scope)
        if answer.status_code == 200:
            assert active_cells(answer.text) == []


def test_red_control_plain_csv_is_found() -> None:
    file = io.StringIO()
    csv.writer(file).writerows([[text] for text in INJECTIONS])
    assert len(active_cells(file.getvalue())) == len(INJECTIONS)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["holder", "bank", "branch"])
def test_an_account_whose_name_begins_a_formula_is_none(world: World, field: str, text: str) -> None:
    """It would stand in the file that finance opens and the bank reads."""
    answer = world.api.post(f"/v1/merchants/{world.shop}/payout-accounts", ACCOUNT | {field: text})
    assert answer.status_code == 422
