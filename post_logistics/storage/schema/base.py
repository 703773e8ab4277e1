"""What every page of the schema shares: the metadata, and the kinds of column that recur."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = DateTime(timezone=True)


def amount(name: str) -> Column[int]:
    """A sum of money in poisha that cannot be negative."""
    return Column(name, BigInteger, CheckConstraint(f"{name} >= 0", name=name), nullable=False)


def fact(name: str, kind: object, *rest: object, **options: object) -> Column[object]:
    """A column that is always known."""
    return Column(name, kind, *rest, nullable=False, **options)  # type: ignore[arg-type]
