"""The tables and functions of procrastinate, the library of jobs, in its own SQL."""

from importlib.resources import files


def jobs_schema() -> str:
    """The schema of the library's installed version, as SQL."""
    return (files("procrastinate.sql") / "schema.sql").read_text(encoding="utf-8")


def jobs_steps(last: str) -> list[str]:
    """The library's own migrations from its first to the one of that name, as SQL.

    A migration of ours names the last, so that it leads to the same tables under every later version of the library.
    When the installed one has more, the comparison of schemas fails until a new migration of ours takes them in.
    """
    folder = files("procrastinate.sql") / "migrations"
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names[: names.index(last) + 1]]
