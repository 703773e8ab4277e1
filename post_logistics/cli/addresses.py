"""Addresses: one, or a file of them, to the post office that delivers there."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.table import Column, Table
from rich.text import Text

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    Language,
    OnDay,
    Schema,
    day_of,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
)
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, latin_digits, local_time

app = typer.Typer()


@app.command()
def resolve(
    text: Annotated[str | None, typer.Argument(help="An address, as people write it.")] = None,
    source: Annotated[Path | None, typer.Option("--in", help="A CSV file with addresses.", dir_okay=False)] = None,
    column: Annotated[str | None, typer.Option(help="Which of its columns holds them; no other is read.")] = None,
    target: Annotated[Path | None, typer.Option("--out", help="Where to write it with the answers.")] = None,
    postcode: Annotated[str, typer.Option(help="The postcode, if it is known besides the text.")] = "",
    thana: Annotated[str, typer.Option(help="The thana or upazila, if it is known besides.")] = "",
    district: Annotated[str, typer.Option(help="The district, if it is known besides.")] = "",
    area: Annotated[str, typer.Option(help="The area, if it is known besides.")] = "",
    language: Annotated[Language, typer.Option(help="en or bn: of the question and the offices.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Say which post office delivers to an address, how sure that is, and what to ask where it is not."""
    from post_logistics.network.loading import load_resolver
    from post_logistics.network.resolve import Hints

    settings = settings_for()
    resolver = load_resolver(settings.facts_dir, settings.cache_dir)
    offices = resolver.offices
    if source is not None:
        if column is None or target is None or text is not None:
            raise Unacceptable("a file needs its column and a place to write to", remedy="add --column and --out")
        _file(resolver, source, column, target, language)
    elif text is not None and (column or target):
        raise Unacceptable("--column and --out go with a file", remedy="name it with --in, or leave them out")
    elif text is not None:
        found = resolver.resolve(text, Hints(postcode=postcode, thana=thana, district=district, area=area))
        if as_json:
            say_json(resolution_json(found, offices))
        else:
            _show(found, offices, language)
    else:
        raise Unacceptable("there is no address", remedy="write one, or name a file with --in, --column and --out")


@app.command()
def correct(
    phrase: Annotated[str, typer.Argument(help="The words of an address that tell where it is: Kabir Nagar, Mirpur.")],
    postcode: Annotated[str | None, typer.Argument(help="The office that delivers there.")] = None,
    by: Annotated[str, typer.Option(help="Who says so: office:1216, merchant:a-shop.")] = "post",
    withdraw: Annotated[str | None, typer.Option(help="Take back the correction of this id instead.")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Teach what a phrase in addresses means, for use when two people say the same; or list what was said of it."""
    from post_logistics.network.corrections import learned, phrase_of
    from post_logistics.network.loading import load_resolver
    from post_logistics.operations.orders import correcting
    from post_logistics.storage.database import open_database
    from post_logistics.storage.orders.corrections import load_corrections

    settings, at, lessons = settings_for(data_dir, schema), datetime.now(DHAKA), correcting.Lessons()
    resolver = load_resolver(settings.facts_dir, settings.cache_dir)
    offices = resolver.offices
    with open_database(settings) as database, database.transaction() as connection:
        if withdraw is not None and postcode is not None:
            raise Unacceptable(
                "one cannot say and take back at once", field="--withdraw", remedy="do one, then the other"
            )
        if withdraw is not None:
            correcting.withdraw(connection, lessons, _uuid(withdraw), by, at, others_too=by == "post")
        elif postcode is not None:
            correcting.correct(connection, resolver, lessons, phrase, latin_digits(postcode), by, at)
        said = load_corrections(connection, phrase_of(phrase))
    table = Table("when", "who", "says", Column("id", no_wrap=True))
    for one in said:
        words = f"takes back {one.withdraws}" if one.withdraws else f"{one.phrase!r} is {one.postcode}"
        table.add_row(local_time(one.said_at), Text(one.said_by), Text(words), str(one.correction_id))
    print_table(table)
    used = learned(said).get(phrase_of(phrase))
    out.print(f"in use: {used} {offices[used].name_en}" if used else "not in use: one more person has to say the same")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Unacceptable(f"{text!r} is no id", field="--withdraw", remedy="copy it from the list") from None


@app.command()
def areas(
    target: Annotated[Path, typer.Option("--out", help="A GeoJSON file, for any map program.")],
    service: Annotated[bool, typer.Option("--service", help="Only the offices in service, with their areas.")] = False,
    on: OnDay = None,
) -> None:
    """Write where each office delivers as polygons: the whole country, without gap or overlap."""
    from post_logistics.network.coverage import Coverage
    from post_logistics.network.loading import load_resolver

    settings = settings_for()
    resolver = load_resolver(settings.facts_dir, settings.cache_dir)
    coverage = Coverage(resolver.offices, day_of(on))
    found = resolver.areas.service(coverage) if service else resolver.areas.delivery()
    features = [_feature(resolver.offices[code], area) for code, area in found.items()]
    document = {"type": "FeatureCollection", "features": features}
    target.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    out.print(f"{len(features)} areas written to {target}")


def _feature(office: Any, area: Any) -> dict[str, Any]:
    """An area as GeoJSON (RFC 7946), which puts longitude first."""
    rings = [
        [[[round(lon_deg, 5), round(lat_deg, 5)] for lat_deg, lon_deg in ring] for ring in polygon]
        for polygon in area.polygons
    ]
    names = {"name_en": office.name_en, "name_bn": office.name_bn, "district": office.district}
    return {
        "type": "Feature",
        "id": office.postcode,
        "properties": {"postcode": office.postcode, **names},
        "geometry": {"type": "MultiPolygon", "coordinates": rings},
    }


def _file(resolver: Any, source: Path, column: str, target: Path, language: Language) -> None:
    from post_logistics.operations.orders.address_files import resolve_file

    done = 0
    with progress() as bar:
        task = bar.add_task("resolving", total=None)
        for done, total in resolve_file(resolver, source, column, target, language.value):
            if done % 500 == 0 or done == total:
                bar.update(task, completed=done, total=total)
    out.print(f"{done} addresses resolved into {target}")


def _show(found: Any, offices: Any, language: Language) -> None:
    office, in_bangla = offices[found.postcode], language is Language.BN
    table = Table(show_header=False, box=None)
    where = (
        f"{found.thana}, {found.district}, {found.division}" if found.thana else f"{found.district}, {found.division}"
    )
    table.add_row("office", f"{found.postcode} {office.name_bn if in_bangla else office.name_en}")
    table.add_row("place", found.place.name_en if found.place else "")
    table.add_row("where", where)
    table.add_row("parts", ", ".join(f"{name} {text}" for name, text in stated_parts(found).items()))
    table.add_row("confidence", f"{found.confidence:.0%}")
    for title, lines in (
        ("because", found.evidence),
        ("or", [f"{one.postcode} {one.place_en}: {one.why}" for one in found.alternatives]),
        ("ask", [found.question.bn if in_bangla else found.question.en] if found.question else []),
    ):
        for number, line in enumerate(lines):
            table.add_row("" if number else title, Text(line))
    print_table(table)


def stated_parts(found: Any) -> dict[str, str]:
    """The parts of the address that it states, by name."""
    return {name: getattr(found.parts, name) for name in found.parts.__slots__ if getattr(found.parts, name)}


def resolution_json(found: Any, offices: Any) -> dict[str, Any]:
    """A resolution as a script reads it."""
    office = offices[found.postcode]
    return {
        "postcode": found.postcode,
        "office_en": office.name_en,
        "office_bn": office.name_bn,
        "place": found.place.name_en if found.place else "",
        "thana": found.thana,
        "district": found.district,
        "division": found.division,
        "parts": stated_parts(found),
        "lat_deg": found.lat_deg,
        "lon_deg": found.lon_deg,
        "precision_m": found.precision_m,
        "confidence": found.confidence,
        "rule": found.rule,
        "evidence": list(found.evidence),
        "alternatives": [
            {"postcode": one.postcode, "place_en": one.place_en, "why": one.why, "score": one.score}
            for one in found.alternatives
        ],
        "question": {"en": found.question.en, "bn": found.question.bn} if found.question else None,
    }
