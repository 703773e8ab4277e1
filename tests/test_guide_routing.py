"""The guide to routing runs, and leaves nothing out that a problem can say or a plan can answer."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import post_logistics.routing
from post_logistics.routing.plan import Cost, Reason
from post_logistics.routing.problem import Break, RoutingProblem, Stop, Vehicle, Window
from post_logistics.routing.solve import ENGINES

GUIDE = (Path(__file__).parents[1] / "docs" / "guides" / "routing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
PROSE = re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)
NAMED = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", PROSE))))


def section(title: str) -> str:
    return PROSE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_block_of_the_guide_runs() -> None:
    assert len(BLOCKS) == 5
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(block, names)


@pytest.mark.parametrize("kind", [Stop, Vehicle, RoutingProblem, Window, Break, Cost], ids=lambda kind: kind.__name__)
def test_every_field_is_explained(kind: type) -> None:
    unsaid = {field.name for field in fields(kind)} - NAMED - {"stops", "vehicles"}
    assert not unsaid


def test_every_reason_has_its_meaning() -> None:
    rows = "\n".join(line for line in section("What a plan says").splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", rows)) == set(Reason)


def test_every_engine_is_named() -> None:
    assert set(ENGINES) <= NAMED


def test_the_map_of_the_package_names_every_module_and_no_other() -> None:
    folder = Path(post_logistics.routing.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} | {
        f"kernel.{path.stem}" for path in folder.glob("kernel/*.py")
    }
    mapped = re.findall(r"^- ([\w.]+): ", post_logistics.routing.__doc__ or "", re.MULTILINE)
    assert sorted(mapped) == sorted(modules - {"__init__", "kernel.__init__"})
