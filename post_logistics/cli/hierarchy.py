"""Lasting numbers for new places."""

from typing import Annotated

import typer

from post_logistics.cli.console import out, settings_for

app = typer.Typer()


@app.command()
def number_places(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
) -> None:
    """Give every district, thana and area that has none a number in hierarchy.csv, below those that are there."""
    from post_logistics.network.hierarchy import FILE, missing_numbers, read_numbers
    from post_logistics.network.loading import load_resolver

    settings = settings_for()
    resolver = load_resolver(settings.facts_dir, settings.cache_dir)
    path = settings.facts_dir / FILE
    rows = read_numbers(settings.facts_dir)
    new = missing_numbers(resolver.gazetteer, rows)
    if new and not dry_run:
        before = path.read_text(encoding="utf-8").rstrip("\r\n")
        added = "".join(f"{row.kind},{row.number},{row.place_id}\n" for row in new)
        path.write_text(f"{before}\n{added}", encoding="utf-8", newline="\n")
    known = {place.place_id for place in resolver.gazetteer.places}
    gone = [row.place_id for row in rows if row.kind != "division" and row.place_id not in known]
    out.print(f"{len(new)} places {'need' if dry_run else 'were given'} a number: {path}")
    for place_id in gone:
        out.print(
            f"the place of {place_id} is gone: if it was renamed, write its new place_id into that row", style="yellow"
        )
