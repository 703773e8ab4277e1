"""Cash on delivery: closes, statements, matching, settlements, and the books; a module for each trade."""

import typer

from post_logistics.cli.cod import (
    bills,
    books,
    closing,
    collecting,
    matching,
    provider_days,
    reporting,
    settling,
    shortages,
    simulating,
    statements,
    taka,
    terms,
)

app = typer.Typer(help="Cash on delivery: closes, statements, settlements and the books.", no_args_is_help=True)
app.add_typer(books.app)
app.add_typer(settling.app)
app.add_typer(bills.app)
app.add_typer(terms.app)
app.add_typer(closing.app)
app.add_typer(shortages.app)
app.add_typer(collecting.app)
app.add_typer(statements.app)
app.add_typer(matching.app)
app.add_typer(provider_days.app)
app.add_typer(simulating.app)
app.add_typer(taka.app)
app.add_typer(reporting.app)
