"""Pages of the documentation that are made from the code: the kinds of problems, and who may do what."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.policy import POLICY
from api.problems import kinds, name_of
from post_logistics.access.roles import Role
from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable

_STATUS: Final = {NotFound: 404, Conflict: 409, Unacceptable: 422}

_DETAILS: Final[Mapping[str, tuple[str, str]]] = {
    "invalid-request": (
        "The request does not have the shape that the operation takes",
        "`problems` names every field that is wrong; correct those and send it again",
    ),
    "order-refused": (
        "An order cannot be booked as it is; `problems` has field, reason and remedy of everything that is wrong",
        "correct the fields and send the order again under the same reference",
    ),
    "move-refused": (
        "A stop cannot stand there in that tour; the detail says which rule of the plan is against it",
        "choose another place in the tour, or another rider",
    ),
    "undecided": (
        "The address fits several offices; `question_en` and `question_bn` ask which, `choices` are their postcodes",
        "send the order again with the right one as `recipient_postcode`",
    ),
    "unresolved": (
        "The address does not tell the office; `question_en` and `question_bn` ask for what is missing",
        "complete the address, or give its postcode",
    ),
    "outside-coverage": (
        "The service does not deliver there, or not yet; `served` says what is served, `since` from when",
        "choose an address that is served; /v1/offices lists them",
    ),
    "offices-failed": (
        "Some of several offices could not be planned; `failures` says which and why, the others' plans are kept",
        "put right what it says and plan those offices again",
    ),
    "problem-refused": (
        "A routing problem contradicts itself; `contradictions` lists everything",
        "correct the problem and send it again",
    ),
}
"""Kinds with facts of their own: when it happens, and what to do."""


def domain_kinds(above: type[PostError] = PostError) -> Iterator[tuple[str, int]]:
    """The name and the status of every kind that the engine itself raises."""
    for kind in above.__subclasses__():
        if kind.__module__.startswith("post_logistics."):
            yield name_of(kind), next(status for cls, status in _STATUS.items() if issubclass(kind, cls))
            yield from domain_kinds(kind)


def problems_page() -> str:
    """``docs/reference/problems.md``."""
    rows = [(status, one.name, one.title, one.remedy) for status, one in kinds().items()]
    named = {name for _, name, _, _ in rows}
    statuses = dict(domain_kinds()) | {"invalid-request": 422}
    rows += [(status, name, *_DETAILS[name]) for name, status in statuses.items() if name not in named]
    lines = [f"| {status} | `{name}` | {when} | {remedy} |" for status, name, when, remedy in sorted(rows)]
    return _PROBLEMS.format(rows="\n".join(lines))


def roles_page(document: Mapping[str, Any]) -> str:
    """``docs/reference/roles.md``."""
    summaries = {
        facts["operationId"]: (facts["tags"][0], facts["summary"], f"{method.upper()} {path}")
        for path, methods in document["paths"].items()
        for method, facts in methods.items()
    }
    roles = list(Role)
    head = " | ".join(["Operation", "Request", *(role.value for role in roles)])
    lines = [f"| {head} |", "|" + "---|" * (len(roles) + 2)]
    group = ""
    for name, (tag, summary, request) in summaries.items():
        if name not in POLICY:
            continue
        if tag != group:
            group = tag
            lines.append(f"| **{tag}** |" + " |" * (len(roles) + 1))
        ticks = " | ".join("●" if role in POLICY[name] else "" for role in roles)
        lines.append(f"| {summary} | `{request}` | {ticks} |")
    return _ROLES.format(rows="\n".join(lines))


_PROBLEMS: Final = """# Problems

Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). `type` is
`urn:post-logistics:` and the name below; it stays as it is, and so does `status`. Programs act on these two. `detail`
and `remedy` are for people; with `Accept-Language: bn` they are told in Bangla, as far as anybody has written it.

| Member | Is |
|---|---|
| `type`, `title`, `status` | the kind of problem |
| `detail` | what is wrong this time |
| `remedy` | what to do about it |
| `field`, `row` | where in the request or file, if it is somewhere |
| `problems` | everything that is wrong, each with `field` and `reason`, and often a `remedy` |

The answer's number is in the header `X-Request-ID`: name it when you ask the post about it.

| Status | Name | When | Remedy |
|---|---|---|---|
{rows}

After 429 and 503 the header `Retry-After` says in how many seconds to come again. After 503, a broken line or no answer
at all, send the very same request: nothing is done twice.

This page is made from the code: `post-logistics openapi --reference docs/reference`.
"""

_ROLES: Final = """# Who may do what

A role says what somebody may do, their place (a shop, an office, the post) for whom. Auditors may also read whatever
staff may read. What is public (tracking, health, a recipient's own link) is not listed. See
[who may come in](../guides/access.md).

{rows}

This page is made from the code: `post-logistics openapi --reference docs/reference`.
"""
