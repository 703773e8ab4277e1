"""The chart of accounts and the postings table as they appear in ``docs/concepts/money.md``, which a test compares."""

from post_logistics.cod.accounts import CHART, AccountKind
from post_logistics.cod.postings import POSTINGS


def chart_table() -> str:
    """The chart of accounts as a Markdown table."""
    rows = ["| Account | Kept for | Side | Below zero? | Meaning | অর্থ |", "|---|---|---|---|---|---|"]
    rows += [
        f"| `{kind}` | {facts.owner} | {facts.side} | {'yes' if facts.may_go_negative else 'never'} "
        f"| {facts.text_en} | {facts.text_bn} |"
        for kind, facts in CHART.items()
    ]
    return "\n".join(rows)


def postings_table() -> str:
    """The postings table as a Markdown table."""
    rows = ["| Code | Debit | Credit | Reason | কারণ |", "|---|---|---|---|---|"]
    rows += [
        f"| `{code}` | {_kind(posting.debit)} | {_kind(posting.credit)} | {posting.text_en} | {posting.text_bn} |"
        for code, posting in POSTINGS.items()
    ]
    return "\n".join(rows)


def _kind(kind: AccountKind | None) -> str:
    return f"`{kind}`" if kind else "any"


def mermaid() -> str:
    """The postings as a Mermaid flow chart: an arrow from the account credited to the account debited."""
    nodes = [f'    {kind}["{kind.replace("_", " ")}"]' for kind in AccountKind]
    arrows = [f"    {one.credit} -->|{code}| {one.debit}" for code, one in POSTINGS.items() if one.credit and one.debit]
    return "\n".join(["flowchart LR", *nodes, *arrows])
