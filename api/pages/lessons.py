"""Lessons in practice: who learns, the lesson on every page while it is worked through, and what one gets for it."""

import hmac
from collections.abc import Iterator
from random import SystemRandom
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import Depends, Path, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.pages.forms import NOTHING, Typed, attempt, kept, refused
from api.pages.learning import LEARNER, learner_of, lesson_of
from api.pages.practice import Practising, work_as
from api.pages.shell import AnyForm, Visit, go, is_secure, page
from api.pages.signing import home
from api.slices import Slice
from post_logistics.access.roles import Role
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.training import certificates, learning
from post_logistics.operations.training.lessons import FOLDER, Lessons, by_role
from post_logistics.storage.database import Connection
from post_logistics.storage.training.learners import find_learner, load_certificates, load_tallies
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)

_DRAW: Final = SystemRandom()
_REMEMBERED_S: Final = 90 * 86_400
_FIELDS: Final = ("name", "number")


def lessons(found: Practising) -> Lessons:
    """Those of this server."""
    assert found.engine.practice is not None
    return found.engine.practice.lessons


def records(found: Practising) -> Iterator[Connection]:
    """A transaction in the records of the learners."""
    assert found.engine.practice is not None
    with found.engine.practice.records.transaction() as connection:
        yield connection


async def known_learner(found: Practising) -> UUID:
    """Who learns in this browser; NotFound if nobody has said so."""
    learner_id = learner_of(found.request)
    if learner_id is None:
        raise NotFound("nobody learns here yet", field="learner", remedy="say who you are on the page of the lessons")
    return learner_id


Taught = Annotated[Lessons, Depends(lessons)]
Records = Annotated[Connection, Depends(records, scope="function")]
"""Ends with the endpoint, before anything is sent."""
LearnerId = Annotated[UUID, Depends(known_learner)]
LessonId = Annotated[str, Path(max_length=80)]
Code = Annotated[str, Path(max_length=40)]


@router.get("/training")
def page_lessons(found: Practising, taught: Taught, records: Records) -> Response:
    """All lessons, and how far whoever learns here is; or who it is, where nobody has said so."""
    return _overview(found, taught, records, NOTHING)


def _overview(found: Visit, taught: Lessons, records: Connection, typed: Typed) -> Response:
    learner_id = learner_of(found.request)
    learner = find_learner(records, learner_id) if learner_id else None
    tallies = load_tallies(records, learner.learner_id) if learner else []
    return page(
        found,
        "lessons/overview.html",
        typed.status,
        typed=typed,
        learner=learner,
        roles=by_role(taught),
        tallies={one.lesson: one for one in tallies},
        certificates={one.role: one for one in load_certificates(records, learner.learner_id)} if learner else {},
        left={role: certificates.left_to_do(taught, role, tallies) for role, _ in by_role(taught)},
    )


@router.post("/training/learner")
def page_lessons_entered(found: Practising, taught: Taught, records: Records, said: AnyForm) -> Response:
    """From now on this browser knows who learns."""
    assert found.engine.practice is not None
    certificates.forget_learners(records, found.engine.settings.facts_dir, found.at)
    name, number = (said.get(field, "") for field in _FIELDS)
    entered = attempt(records, lambda: learning.enter(records, name, number, uuid4(), found.at))
    if isinstance(entered, PostError):
        return _overview(found, taught, records, refused(found, said, entered, _FIELDS))
    answer = go("/training", found)
    answer.set_cookie(
        LEARNER,
        str(entered.learner_id),
        max_age=_REMEMBERED_S,
        httponly=True,
        samesite="lax",
        secure=is_secure(found.request),
    )
    return answer


@router.post("/training/goodbye")
def page_lessons_left(found: Practising, said: AnyForm) -> Response:
    """Somebody else may learn in this browser; what was done stays."""
    answer = go("/training", found)
    answer.delete_cookie(LEARNER)
    return answer


@router.post("/training/lessons/{lesson_id}")
def page_lesson_begun(
    lesson_id: LessonId,
    found: Practising,
    taught: Taught,
    learner_id: LearnerId,
    records: Records,
    connection: InTransaction,
    said: AnyForm,
) -> Response:
    """In the lesson, from its beginning, signed in as whom it is for."""
    lesson = learning.lesson_named(taught, lesson_id)
    learning.begin(records, lesson, learner_id, uuid4(), found.at)
    return work_as(found, connection, lesson.role, lesson.steps[0].page or home(frozenset({lesson.role})))


@router.post("/training/work")
def page_lesson_worked(found: Practising, connection: InTransaction, said: AnyForm) -> Response:
    """Signed in as whom the present step is for, on its page; where it names none, on the page one was on."""
    progress = lesson_of(found.engine, found.request, found.at)
    if progress is None or progress.step is None:
        return go("/training", found)
    return work_as(found, connection, progress.step.role, progress.step.page or _back(said.get("back", "")))


@router.post("/training/answer")
def page_lesson_answered(
    found: Practising, taught: Taught, learner_id: LearnerId, records: Records, said: AnyForm
) -> Response:
    """The question is answered; the panel says whether that was right, and why."""
    number, chosen = (_number(said.get(name, "")) for name in ("number", "choice"))
    learning.answer(records, taught, learner_id, number, chosen, found.at)
    return RedirectResponse(_back(said.get("back", "")), 303)


def _number(text: str) -> int:
    digits = latin_digits(text)
    if not digits.isdecimal() or len(digits) > 4:
        raise Unacceptable("no answer was chosen", field="choice", remedy="choose one of those shown")
    return int(digits)


def _back(path: str) -> str:
    """A page of ours to go back to."""
    return quote(path, safe="/?=&%") if path.startswith("/") and not path.startswith(("//", "/\\")) else "/training"


@router.post("/training/leave")
def page_lesson_left(found: Practising, learner_id: LearnerId, records: Records, said: AnyForm) -> Response:
    """In no lesson any more; it can be begun anew."""
    learning.leave(records, learner_id, found.at)
    return go("/training", found)


@router.get("/training/panel")
def page_lesson_panel(found: Practising) -> Response:
    """The lesson as it stands now: what the page asks for again and again."""
    return page(found, "lessons/panel.html")


@router.get("/training/files/{name}")
def page_lesson_file(name: LessonId, found: Practising, taught: Taught) -> Response:
    """What a lesson gives to try things with; 404 for anything else."""
    if name not in {step.file for lesson in taught.values() for step in lesson.steps}:
        raise NotFound("no lesson has such a file", field="name", remedy="take it from the panel of the lesson")
    return kept((found.engine.settings.facts_dir / FOLDER / "files" / name).read_bytes(), "text/csv", name)


@router.post("/training/codes")
def page_lesson_code(found: Practising, connection: InTransaction, said: AnyForm) -> Response:
    """The code that the recipient of a made-up parcel has by text message."""
    typed = said.get("item", "")
    made = attempt(
        connection,
        lambda: issue_code(
            connection, parse_item_number(typed), "delivery", found.at, _DRAW, key=found.engine.facts.advice_key
        ),
    )
    wrong = refused(found, said, made, ("item",)) if isinstance(made, PostError) else NOTHING
    code = "" if isinstance(made, PostError) else made
    return page(found, "lessons/phone.html", wrong.status, code=code, item=typed[:40], wrong=wrong.wrong)


@router.get("/training/codes")
def page_lesson_phone(found: Practising) -> Response:
    """The recipient's telephone: which code came by text message."""
    return page(found, "lessons/phone.html", code="", item="", wrong={})


@router.post("/training/certificates")
def page_certificate_made(
    found: Practising, taught: Taught, learner_id: LearnerId, records: Records, said: AnyForm
) -> Response:
    """The certificate of a role, once all its lessons are finished."""
    role = said.get("role", "")
    if role not in {one.value for one in Role}:
        raise Unacceptable(f"{role!r} is no role", field="role", remedy="choose one whose lessons are finished")
    code = certificates.draw_code(_DRAW)
    made = certificates.certify(records, taught, learner_id, Role(role), code, found.at)
    return go(f"/training/certificates/{made.code}", found)


@router.get("/training/certificates")
def page_certificate_asked(found: Practising, code: str = "") -> Response:
    """Where the code on a paper is typed."""
    if code:
        return RedirectResponse(f"/training/certificates/{quote(certificates.code_typed(code), safe='')}", 303)
    return page(found, "lessons/certificate.html", proven=None, code="", is_own=False, lessons={})


@router.get("/training/certificates/{code}.pdf")
def page_certificate_paper(
    code: Code, found: Practising, taught: Taught, learner_id: LearnerId, records: Records
) -> Response:
    """The learner's own certificate, to be printed."""
    certificate, learner = certificates.own_certificate(records, certificates.code_typed(code), learner_id)
    address = str(found.request.url_for("page_certificate", code=certificate.code))
    pdf = certificates.certificate_pdf(certificate, learner, taught, address)
    return kept(pdf, "application/pdf", f"certificate-{certificate.role}.pdf")


@router.get("/training/certificates/{code}")
def page_certificate(code: Code, found: Practising, taught: Taught, records: Records) -> Response:
    """Whether the post has made a certificate of that code, and what it says."""
    proven = certificates.prove(records, certificates.code_typed(code))
    return page(
        found,
        "lessons/certificate.html",
        proven=proven,
        code=certificates.code_text(proven.certificate.code),
        is_own=proven.certificate.learner_id == learner_of(found.request),
        lessons=taught,
    )


@router.get("/training/learners")
def page_learners_asked(found: Practising) -> Response:
    """Where a trainer says the key."""
    return page(found, "lessons/learners.html", standings=None, hardest=[], wrong="")


@router.post("/training/learners")
def page_learners(found: Practising, taught: Taught, records: Records, said: AnyForm) -> Response:
    """How everybody comes along, for whoever knows the trainer's key."""
    try:
        _let_in(found, said.get("key", ""))
    except Conflict as error:
        return page(found, "lessons/learners.html", 403, standings=None, hardest=[], wrong=error.message)
    return page(
        found,
        "lessons/learners.html",
        standings=certificates.standings(records, taught),
        hardest=certificates.hardest(records, taught),
        wrong="",
    )


def _let_in(found: Visit, key: str) -> None:
    wanted = found.engine.settings.trainer_key
    if wanted is None or not wanted.get_secret_value():
        raise Conflict("this server has no key for trainers: set POST_LOGISTICS_TRAINER_KEY")
    if not hmac.compare_digest(key.encode(), wanted.get_secret_value().encode()):
        raise Conflict("that is not the trainer's key")
