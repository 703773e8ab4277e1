"""The commands about routing problems as a script meets them: solve, check, draw, and the guide that explains them."""

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from post_logistics.cli import main

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "guides" / "route-files.md").read_text(encoding="utf-8")
EXAMPLE = str(ROOT / "docs" / "reference" / "route-example.json")

VRP = """NAME: square
COMMENT: Optimal value: 40
TYPE: CVRP
DIMENSION: 5
EDGE_WEIGHT_TYPE: EUC_2D
CAPACITY: 2
NODE_COORD_SECTION
1 0 0
2 0 10
3 0 9
4 10 0
5 9 0
DEMAND_SECTION
1 0
2 1
3 1
4 1
5 1
DEPOT_SECTION
1
-1
EOF
"""


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """Two pairs of customers: two routes of length 20 are the best."""
    file = tmp_path / "square.vrp"
    file.write_text(VRP, encoding="utf-8")
    return file


@dataclass(frozen=True)
class Done:
    """What a command has said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.stdout)
        return answer


Route = Callable[..., Done]


@pytest.fixture
def route(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Route]:
    """The command as the shell calls it, but in this process: starting one for each would take longer than the rest."""

    def called(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["post-logistics", "route", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    before = signal.getsignal(signal.SIGTERM)
    yield called
    signal.signal(signal.SIGTERM, before)


def test_a_vrp_is_solved_written_checked_and_drawn(route: Route, square: Path) -> None:
    plan, picture = square.with_suffix(".sol"), square.parent / "new" / "square.svg"
    done = route("solve", square, "--iterations", "200", "--out", plan)
    assert done.returncode == 0, done.stderr
    lines = {line.split("  ")[0].strip(): line for line in done.stdout.splitlines()}
    assert "0.0 % over the best known, 40" in lines["gap"]
    assert "4 of 4" in lines["stops"]
    written = plan.read_text(encoding="utf-8").splitlines()
    assert {frozenset(line.split()[2:]) for line in written[:-1]} == {frozenset("12"), frozenset("34")}
    assert written[-1] == "Cost 40"
    checked = route("check", square, plan, "--json").json
    assert (checked["violations"], checked["stated_cost"], checked["cost"]["total_m"]) == ([], 40, 40)
    assert route("draw", square, plan, "--out", picture).returncode == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_the_same_iterations_and_seed_give_the_same_plan(route: Route, tmp_path: Path) -> None:
    plans = [tmp_path / f"{n}.json" for n in range(2)]
    for plan in plans:
        assert route("solve", EXAMPLE, "--iterations", "50", "--seed", "3", "--out", plan).returncode == 0
    assert plans[0].read_bytes() == plans[1].read_bytes()
    assert route("check", EXAMPLE, plans[0], "--json").json["violations"] == []


def test_a_search_says_what_it_found_as_json(route: Route) -> None:
    answer = route("solve", EXAMPLE, "--iterations", "50", "--json").json
    assert answer["served"] + len(answer["unserved"]) == answer["stops"] == 5
    assert answer["cost"]["total_m"] >= answer["distance_m"] > 0
    assert (answer["best_known"], answer["gap_pct"]) == (None, None)


def test_ctrl_c_hands_out_the_best_plan_so_far(route: Route, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    words = [sys.executable, "-m", "post_logistics", "route", "solve", EXAMPLE, "--seconds", "900", "--out", str(plan)]
    began = time.monotonic()
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        while not plan.exists() and time.monotonic() < began + 20:
            time.sleep(0.1)  # it is there, empty, when the search begins
        time.sleep(1.5)
        search.send_signal(signal.SIGINT)
        stdout, stderr = search.communicate(timeout=300)  # it may have to be compiled first
    assert search.returncode == 0, stderr
    assert b"tours" in stdout
    assert route("check", EXAMPLE, plan, "--json").json["violations"] == []


def test_a_wrong_plan_is_exit_code_1_and_all_that_is_wrong_is_said(route: Route, square: Path) -> None:
    plan = square.with_suffix(".sol")
    plan.write_text("Route #1: 1 2 3\nCost 39\n", encoding="utf-8")
    done = route("check", square, plan)
    assert done.returncode == 1
    assert "over_weight" in done.stdout
    assert "stop_missing" in done.stdout
    assert "The file states a cost of 39" in done.stdout
    answer = route("check", square, plan, "--json").json
    assert {one["fault"] for one in answer["violations"]} == {"over_weight", "stop_missing"}
    assert all(set(one) == {"fault", "subject", "detail"} for one in answer["violations"])


def test_a_long_list_of_faults_is_cut_for_people_and_complete_for_scripts(route: Route, square: Path) -> None:
    nodes = range(2, 102)
    head = VRP.partition("NODE_COORD_SECTION")[0].replace("DIMENSION: 5", "DIMENSION: 101")
    places = "\n".join(f"{node} {node} 0" for node in (1, *nodes))
    demands = "\n".join(f"{node} 1" for node in nodes)
    square.write_text(f"{head}NODE_COORD_SECTION\n{places}\nDEMAND_SECTION\n1 0\n{demands}\nDEPOT_SECTION\n1\n-1\n")
    plan = square.with_suffix(".sol")
    plan.write_text("Route #1: 1\n", encoding="utf-8")
    shown = route("check", square, plan).stdout
    assert shown.count("stop_missing") == 50
    assert "and 49 more, which --json lists" in shown
    assert len(route("check", square, plan, "--json").json["violations"]) == 99


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["solve", "{square}", "--engine", "rocket"], "there is no engine 'rocket'"),
        (["solve", "{square}", "--seconds", "1", "--iterations", "1"], "budget"),
        (["solve", "{square}", "--seconds", "0"], "budget"),
        (["solve", "{square}", "--seconds", "1", "--cores", "0"], "cores"),
        (["solve", "{square}", "--out", "{folder}/plan.pdf"], ".sol, .json, .svg, .html"),
        (["solve", EXAMPLE, "--out", "{folder}/plan.sol"], ".sol"),
        (["solve", "{matrix}", "--out", "{folder}/plan.svg"], "where the stops lie"),
        (["solve", "{folder}"], "no name"),
        (["solve", "{folder}/none.vrp"], "none.vrp"),
        (["check", "{square}", "{folder}/none.sol"], "none.sol"),
        (["check", "{square}", "{square}"], "a plan is a .sol or .json file"),
        (["draw", "{square}", EXAMPLE, "--out", "{folder}/plan.svg"], "tours: is missing"),
        (["schema", "tour"], "problem or plan"),
    ],
    ids=lambda value: " ".join(value).replace(str(ROOT), "") if isinstance(value, list) else "",
)
def test_bad_input_is_exit_code_2_before_any_search(words: list[str], says: str, route: Route, square: Path) -> None:
    folder = square.parent
    matrix = folder / "matrix.json"
    matrix.write_text('{"stops": [], "vehicles": [], "distance_m": [[0]], "duration_s": [[0]]}', encoding="utf-8")
    names = {"square": square, "folder": folder, "matrix": matrix}
    done = route(*(word.format(**names) for word in words))
    assert done.returncode == 2, done.stderr
    assert says.replace("no name", folder.name) in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(file.name for file in folder.iterdir()) == ["matrix.json", "square.vrp"]


def test_every_command_of_the_guide_works(route: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    commands = [line for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.M | re.S) for line in block.splitlines()]
    assert len(commands) == 5
    for command in commands:
        program, group, *words = shlex.split(command)
        assert (program, group) == ("post-logistics", "route")
        done = route(*words)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert {file.name for file in (tmp_path / "build").iterdir()} == {"plan.json", "plan.html"}
