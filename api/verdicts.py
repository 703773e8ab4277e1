"""What is answered about each of many orders."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Self

from pydantic import Field

from api.fields import Out, QuestionOut
from api.problem_words import in_language
from post_logistics.operations.orders.booking import Outcome, Verdict
from post_logistics.units import Language


class ProblemOut(Out):
    """One thing wrong with one field."""

    field: str
    reason: str
    remedy: str


class VerdictOut(Out):
    """What became of one order."""

    row: int | None
    order_ref: str
    outcome: Outcome
    item_number: str
    problems: list[ProblemOut]
    question: Annotated[
        QuestionOut | None, Field(description="About an address to decide, or one booked that is not sure.")
    ]
    choices: Annotated[list[str], Field(description="Postcodes it might be; send the right one as recipient_postcode.")]

    @classmethod
    def said(cls, verdict: object, language: Language) -> Self:
        """The answer, its problems told in that language."""
        told = cls.of(verdict)
        problems = [ProblemOut(**in_language(one.model_dump(), language)) for one in told.problems]
        return told.model_copy(update={"problems": problems})

    def lines(self, language: Language) -> Iterator[dict[str, Any]]:
        """The answer as lines of a table: one, and one more for every further problem."""
        question = getattr(self.question, language) if self.question else ""
        facts = {"row": self.row, "order_ref": self.order_ref, "outcome": self.outcome.value}
        facts |= {"item_number": self.item_number, "question": question, "choices": " ".join(self.choices)}
        for one in self.problems or [ProblemOut(field="", reason="", remedy="")]:
            yield facts | one.model_dump()


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many there are of each outcome."""
    return {outcome.value: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
