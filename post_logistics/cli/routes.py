"""Routing problems in files: solve them, check plans, draw them."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from post_logistics.cli.console import AsJson, err, out, print_table, say_json
from post_logistics.errors import Unacceptable

app = typer.Typer(help="Routing problems in files: solve, check, draw.", no_args_is_help=True)

_COMPILING_S = 5.0
"""What takes longer to get ready is being compiled, once, and counts for no budget."""
_ENDING_S = 0.1
"""Of the seconds given, counted from the start of the process, so much is left for writing the plan."""
DEFAULT_SECONDS = 10.0
SHOWN_ROWS = 50

ProblemFile = Annotated[Path, typer.Argument(help="The problem: CVRPLIB .vrp, Solomon .txt or our .json.")]
PlanFile = Annotated[Path, typer.Argument(help="The plan: .sol or .json.")]


@app.command()
def solve(
    file: ProblemFile,
    seconds: Annotated[
        float | None, typer.Option(help="How long to search.", show_default=f"{DEFAULT_SECONDS:g}")
    ] = None,
    iterations: Annotated[int | None, typer.Option(help="How many rounds instead; the same plan every time.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the search's luck.", min=0)] = 0,
    engine: Annotated[
        str, typer.Option(help="Which search: auto is ruin_recreate; ortools is there to compare with.")
    ] = "auto",
    cores: Annotated[int, typer.Option(help="How many searches run side by side.")] = 1,
    target: Annotated[
        Path | None, typer.Option("--out", help="Where the plan goes: .sol, .json, .svg or .html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan the tours of a problem; Ctrl-C hands out the best plan so far."""
    from post_logistics.routing.instances import load_instance
    from post_logistics.routing.problem import Budget
    from post_logistics.routing.solve import solve as solved
    from post_logistics.routing.warming import warm

    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    if seconds is not None:
        Budget(seconds=seconds)  # refused before anything is done for it
    began = time.perf_counter() - time.process_time()
    warming = time.perf_counter()
    warm()
    if time.perf_counter() - warming > _COMPILING_S:
        began += time.perf_counter() - warming
    instance = load_instance(file)
    write = _writer(instance, target) if target else None
    if seconds is not None:
        seconds = max(seconds / 2, seconds - (time.perf_counter() - began) - _ENDING_S)
    budget = Budget(seconds=seconds, iterations=iterations, cores=cores)
    with _watching(instance) as watch:
        plan = solved(instance.problem, budget, seed, engine=engine, progress=watch)
    facts = _plan_facts(instance, plan) | {"elapsed_s": round(time.perf_counter() - began, 1)}
    if write:
        write(plan)
    if as_json:
        say_json(facts)
    else:
        _say_plan(instance, facts)
        if target:
            out.print(Text(f"The plan is in {target}"))


@app.command()
def check(file: ProblemFile, plan: PlanFile, as_json: AsJson = False) -> None:
    """Judge a plan: everything that is wrong with it, and what it costs. Exit code 1 if anything is wrong."""
    from post_logistics.routing.check import check_plan
    from post_logistics.routing.instances import load_instance
    from post_logistics.routing.solutions import load_solution

    instance = load_instance(file)
    solution = load_solution(plan, instance)
    violations = check_plan(instance.problem, solution.plan)
    facts = _plan_facts(instance, solution.plan)
    if solution.stated_cost is not None:
        facts["stated_cost"] = float(solution.stated_cost)
    if as_json:
        say_json(facts | {"violations": [asdict(violation) for violation in violations]})
    else:
        _say_plan(instance, facts)
        if solution.stated_cost is not None and solution.stated_cost != solution.plan.cost.total_m:
            stated = solution.stated_cost.scaleb(-(instance.cost_decimals or 0))
            out.print(f"The file states a cost of {stated}: by another convention, or of other routes.")
        _say_rows(("wrong", "with", "namely"), [(one.fault, one.subject, one.detail) for one in violations])
        if not violations:
            out.print("Nothing is wrong with the plan.")
    if violations:
        raise typer.Exit(1)


@app.command()
def draw(
    file: ProblemFile,
    plan: PlanFile,
    target: Annotated[Path, typer.Option("--out", help="A picture, .svg, or a page with a table of tours, .html.")],
) -> None:
    """Draw a plan: the tours in colours, and the stops left out."""
    from post_logistics.routing.instances import load_instance
    from post_logistics.routing.solutions import load_solution

    instance = load_instance(file)
    drawn = load_solution(plan, instance).plan
    _writer(instance, target)(drawn)
    out.print(Text(f"The plan is drawn in {target}"))


@app.command()
def schema(document: Annotated[str, typer.Argument(help="problem or plan")]) -> None:
    """Print the JSON Schema of our JSON files."""
    from post_logistics.routing.documents import schemas

    known = schemas()
    if document not in known:
        raise Unacceptable(f"{document!r} has no schema", remedy=f"choose {' or '.join(known)}")
    say_json(known[document])


def _writer(instance: Any, target: Path) -> Callable[[Any], None]:
    """What writes a plan in the format of the file's suffix; refuses before the search what it would refuse after."""
    from post_logistics.routing.documents import plan_json
    from post_logistics.routing.drawing import draw_page, draw_svg
    from post_logistics.routing.plan import Cost, RoutePlan
    from post_logistics.routing.solutions import sol_text

    formats: dict[str, Callable[[Any, Any], str]] = {
        ".sol": sol_text,
        ".json": lambda _, plan: plan_json(plan),
        ".svg": draw_svg,
        ".html": draw_page,
    }
    text_of = formats.get(target.suffix.lower())
    if text_of is None:
        raise Unacceptable(f"{target.name} names no format", field="--out", remedy=f"end it in {', '.join(formats)}")
    text_of(instance, RoutePlan((), (), Cost()))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.open("a", encoding="utf-8").close()

    def write(plan: Any) -> None:
        target.write_text(text_of(instance, plan), encoding="utf-8", newline="\n")
        if text_of is sol_text and plan.unserved:
            err.print(f"{len(plan.unserved)} stops are left out, which a .sol cannot say", style="yellow")

    return write


@contextmanager
def _watching(instance: Any) -> Iterator[Callable[[Any], bool]]:
    """A bar with the best cost so far, which says no once Ctrl-C is pressed; pressed again, it ends the program."""
    pressed: list[int] = []

    def press(signum: int, _frame: object) -> None:
        pressed.append(signum)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    before = signal.signal(signal.SIGINT, press)
    try:
        with Progress(*columns, console=err) as bar:
            task = bar.add_task("searching", total=1.0)

            def watch(now: Any) -> bool:
                left = f", {now.left_behind} left out" if now.left_behind else ""
                bar.update(task, completed=now.done, description=f"best {instance.length_text(now.cost_m)}{left}")
                return not pressed

            yield watch
    finally:
        signal.signal(signal.SIGINT, before)


def _plan_facts(instance: Any, plan: Any) -> dict[str, Any]:
    """A plan in figures as a script reads it, lengths and costs in the problem's unit."""
    best, cost = instance.best_known, plan.cost
    gap_pct = round(100 * (cost.total_m - best) / best, 2) if best and not cost.left_behind else None
    return {
        "problem": instance.name,
        "stops": len(instance.problem.stops),
        "served": sum(len(tour.visits) for tour in plan.tours),
        "tours": len(plan.tours),
        "distance_m": sum(tour.distance_m for tour in plan.tours),
        "cost": asdict(cost) | {"total_m": cost.total_m},
        "best_known": best,
        "gap_pct": gap_pct,
        "unserved": [{"stop_id": one.stop_id, "reason": one.reason} for one in plan.unserved],
    }


def _say_plan(instance: Any, facts: dict[str, Any]) -> None:
    """A plan in figures as people read it."""
    table = Table(show_header=False, box=None)
    table.add_row("problem", Text(facts["problem"]))
    table.add_row("tours", str(facts["tours"]))
    table.add_row("stops", f"{facts['served']} of {facts['stops']}")
    table.add_row("distance", instance.length_text(facts["distance_m"]))
    table.add_row("cost", instance.length_text(facts["cost"]["total_m"]), style="bold")
    for part, cost in facts["cost"].items():
        if part.endswith("_m") and part != "total_m" and cost not in {0, facts["cost"]["total_m"]}:
            table.add_row(f"  {part.removesuffix('_m').replace('_', ' ')}", instance.length_text(cost))
    if facts["gap_pct"] is not None:
        table.add_row("gap", f"{facts['gap_pct']} % over the best known, {instance.length_text(facts['best_known'])}")
    if "elapsed_s" in facts:
        table.add_row("time", f"{facts['elapsed_s']} s")
    print_table(table)
    _say_rows(("left out", "why"), [(one["stop_id"], one["reason"].replace("_", " ")) for one in facts["unserved"]])


def _say_rows(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of the rows, if there are any, but not longer than one cares to read."""
    table = Table(*titles)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*map(Text, row))
    if rows:
        print_table(table)
    if len(rows) > SHOWN_ROWS:
        out.print(f"... and {len(rows) - SHOWN_ROWS} more, which --json lists")
