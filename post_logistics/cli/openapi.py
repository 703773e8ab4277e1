"""The description of the API for other programs: OpenAPI, Postman, Bruno, and the pages of reference made from it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from post_logistics.cli.console import out, write_text

app = typer.Typer()


@app.command()
def openapi(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the OpenAPI document there.")] = None,
    postman: Annotated[Path | None, typer.Option(help="Write a Postman collection (v2.1) there.")] = None,
    bruno: Annotated[Path | None, typer.Option(help="Write a Bruno collection into that folder.")] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Write problems.md and roles.md into that folder of the documentation.")
    ] = None,
) -> None:
    """Describes the API of this version; without an option, the OpenAPI document on the standard output."""
    from api.app import create_app
    from api.collections import bruno as for_bruno
    from api.collections import postman as for_postman
    from api.reference import problems_page, roles_page

    document = create_app().openapi()
    written: dict[Path, str] = {}
    if json_file:
        written[json_file] = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if postman:
        written[postman] = for_postman(document)
    if bruno:
        written |= {bruno / name: text for name, text in for_bruno(document).items()}
        for old in set(bruno.glob("*/*.bru")) - written.keys():
            old.unlink()
    if reference:
        written |= {reference / "problems.md": problems_page(), reference / "roles.md": roles_page(document)}
    for file, text in written.items():
        write_text(file, [text])
    if written:
        out.print(f"{len(written)} files written")
    else:
        write_text(None, [json.dumps(document, ensure_ascii=False, indent=2), "\n"])
