"""Mail bags: numbered, filled, sealed, received and opened."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path
from pydantic import Field

from api.acting import Principal
from api.context import Engine, InTransaction, Now, Staff, TheEngine, in_office
from api.fields import Grams, In, Instant, Line, OfficeCode, Out, Pdf
from api.problems import answers
from api.slices import Slice
from post_logistics.consignments.receptacles import parse_numbers, parse_receptacle
from post_logistics.operations.bags import bag_papers
from post_logistics.operations.bags.bagging import Act, bag_of, contents, make_bags, put_in, seal, take_out, unseal
from post_logistics.operations.bags.receiving import open_bag, receive
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict
from post_logistics.tracking.bags import BagState
from post_logistics.units import latin_digits

router = Slice(prefix="/v1/bags", tags=["bags"], responses=answers(401, 403))

Number = Annotated[str, Field(min_length=1, max_length=60)]
Numbers = Annotated[
    list[Number],
    Field(
        min_length=1,
        max_length=5000,
        description="Items and bags, as scanned or typed.",
        examples=[["DP473124829BD", "BD1205BD1216CCC60001001"]],
    ),
]


async def bag_key(
    bag: Annotated[
        str,
        Path(
            max_length=60,
            description="Its 23 characters, or the 29 of its label. Spaces, lower case and Bangla digits will do.",
            examples=["BD1205BD1216CCC60001001"],
        ),
    ],
) -> str:
    """The key of the bag in the path; 422 if it cannot be one."""
    return parse_receptacle(bag).key


Key = Annotated[str, Depends(bag_key)]


class ActIn(In):
    """What an office did, and when: told again with the same time, it counts once."""

    office: OfficeCode
    occurred_at: Annotated[Instant, Field(description="By the office's own clock.")]

    def act(self, engine: Engine, who: Principal, at: datetime) -> Act:
        """The act; NotFound if its office is none in which this principal acts."""
        return Act(in_office(engine, who, self.office), self.occurred_at, at)


class BagsIn(In):
    """How many bags from which office to which. ``request_id``: made by who asks; asked again, the same bags."""

    office: OfficeCode
    destination: Annotated[OfficeCode, Field(description="The office that is to open them.")]
    count: Annotated[int, Field(ge=1, le=999, description="How many.", examples=[20])] = 1
    request_id: Annotated[UUID, Field(strict=False, examples=["3f2b8c1e-8f1a-4c6d-9d0e-0c1f6a7b8d90"])]


class PutInIn(ActIn):
    """What was put into a bag, or taken out."""

    numbers: Numbers


class SealIn(ActIn):
    """How a bag was sealed."""

    seal: Annotated[
        Line, Field(min_length=1, max_length=40, description="The number on the seal.", examples=["S-1042"])
    ]
    weight_g: Annotated[Grams, Field(description="With everything in it.")]
    is_last: Annotated[bool, Field(description="The last bag of its series.")] = False


class OpenIn(ActIn):
    """What was found in a bag."""

    found: Annotated[
        list[Number],
        Field(max_length=5000, description="Items and bags that were in it.", examples=[["DP473124829BD"]]),
    ]
    damaged: Annotated[
        list[Number],
        Field(
            default_factory=list,
            max_length=5000,
            description="Those of them that are not whole.",
            examples=[["DP473124829BD"]],
        ),
    ]


class BagsOut(Out):
    """The keys of new bags, to be labelled and used at once or later, with or without a network."""

    bags: list[str]


class BagOut(Out):
    """A bag and where it stands."""

    receptacle: Annotated[str, Field(description="Its key: what is scanned.")]
    printed_number: Annotated[str | None, Field(description="All 29 characters, once it is sealed.")]
    seal: str | None
    weight_g: int | None
    state: BagState
    holder: Annotated[str, Field(description="Who answers for it and for everything in it.")]
    origin: str
    destination: str
    since: datetime
    outer_receptacle: Annotated[str | None, Field(description="The bag that it is in.")]


class NumberVerdictOut(Out):
    """What became of one number that was told."""

    number: str
    outcome: ScanOutcome
    why: str


class NumberVerdictsOut(Out):
    """A verdict for each thing, in the order in which they were told, each once."""

    verdicts: list[NumberVerdictOut]


class LineOut(Out):
    """A line of a manifest: an item, or a bag with ``items`` in it."""

    number: str
    destination: str
    weight_g: int | None
    registered: bool
    items: int


class ManifestOut(Out):
    """What is in a bag, or was in it when it was opened; what is on a vehicle."""

    lines: list[LineOut]


class OpeningOut(Out):
    """What was found against what should be. ``matched``, ``short`` and ``excess`` share no number."""

    bag: BagOut
    matched: list[str]
    short: list[str]
    excess: list[str]
    missent: list[str]
    damaged: list[str]
    verdicts: list[NumberVerdictOut]


def verdicts_out(verdicts: list[ScanVerdict] | tuple[ScanVerdict, ...]) -> list[NumberVerdictOut]:
    """The verdicts as they are answered."""
    return [NumberVerdictOut(number=one.scan.item_number, outcome=one.outcome, why=one.why) for one in verdicts]


@router.post("", status_code=201, summary="Number bags", responses=answers(400, 404, 409, 413))
def number_bags(asked: BagsIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> BagsOut:
    """Gives out the numbers of new, open bags. An office can ask for many in advance and use them offline."""
    act = Act(in_office(engine, who, asked.office), at, at)
    return BagsOut(bags=make_bags(connection, engine.facts, act, asked.destination, asked.count, asked.request_id))


@router.get("/{bag}", summary="A bag", responses=answers(404))
def bag(key: Key, who: Staff, connection: InTransaction) -> BagOut:
    """Where a bag stands."""
    return BagOut.of(bag_of(connection, key))


@router.post("/{bag}/items", summary="Put items or bags into a bag", responses=answers(400, 404, 409, 413))
def put_into_bag(
    key: Key, told: PutInIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> NumberVerdictsOut:
    """What was in another bag is no longer in that: so bags are split and merged."""
    done = put_in(connection, told.act(engine, who, at), key, parse_numbers(told.numbers))
    return NumberVerdictsOut(verdicts=verdicts_out(done))


@router.post("/{bag}/removals", summary="Take items or bags out again", responses=answers(400, 404, 409, 413))
def take_out_of_bag(
    key: Key, told: PutInIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> NumberVerdictsOut:
    """Takes back that they were put in: they stand again where they stood before."""
    done = take_out(connection, told.act(engine, who, at), key, parse_numbers(told.numbers))
    return NumberVerdictsOut(verdicts=verdicts_out(done))


@router.post("/{bag}/seal", summary="Seal a bag", responses=answers(400, 404, 409, 413))
def seal_bag(key: Key, told: SealIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> BagOut:
    """Closes it; its label can be printed from then on."""
    act = told.act(engine, who, at)
    return BagOut.of(
        seal(connection, engine.facts, act, key, latin_digits(told.seal), told.weight_g, is_last=told.is_last)
    )


@router.post("/{bag}/unseal", summary="Unseal a bag that has not left", responses=answers(400, 404, 409, 413))
def unseal_bag(key: Key, told: ActIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> BagOut:
    """Opens it again at the office that sealed it, with everything still in it."""
    return BagOut.of(unseal(connection, told.act(engine, who, at), key))


@router.get("/{bag}/label.pdf", summary="The label to print", response_class=Pdf, responses=answers(404, 409))
def bag_label(key: Key, who: Staff, connection: InTransaction, engine: TheEngine) -> Pdf:
    """The label of a sealed bag, A6."""
    return Pdf(bag_papers.bag_label(connection, engine.facts, key))


@router.get("/{bag}/manifest", summary="What is in a bag", responses=answers(404))
def bag_manifest(key: Key, who: Staff, connection: InTransaction, engine: TheEngine) -> ManifestOut:
    """Of an opened bag, what should have been in it."""
    return ManifestOut(lines=[LineOut.of(line) for line in contents(connection, engine.facts, key)])


@router.get("/{bag}/manifest.pdf", summary="The manifest to print", response_class=Pdf, responses=answers(404, 409))
def bag_manifest_pdf(key: Key, who: Staff, connection: InTransaction, engine: TheEngine) -> Pdf:
    """The list that lies in a sealed bag, A4, with a box to tick at every line."""
    return Pdf(bag_papers.bag_manifest(connection, engine.facts, key))


@router.post("/receipts", summary="Receive bags and loose items", responses=answers(400, 404, 413))
def receive_bags(told: PutInIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> NumberVerdictsOut:
    """What is in a closed bag arrives with it. What should not have come here becomes an exception of the office."""
    done = receive(connection, engine.facts, told.act(engine, who, at), parse_numbers(told.numbers))
    return NumberVerdictsOut(verdicts=verdicts_out(done))


@router.post("/{bag}/opening", summary="Open a bag and say what is in it", responses=answers(400, 404, 409, 413))
def open_a_bag(key: Key, told: OpenIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> OpeningOut:
    """Compares what is found with what was put in; each difference becomes an exception of the office."""
    found, damaged = parse_numbers(told.found), parse_numbers(told.damaged)
    done = open_bag(connection, engine.facts, told.act(engine, who, at), key, found, damaged)
    kinds: dict[str, Any] = {
        kind: sorted(getattr(done.result, kind)) for kind in ("matched", "short", "excess", "missent", "damaged")
    }
    return OpeningOut(bag=BagOut.of(done.bag), verdicts=verdicts_out(done.verdicts), **kinds)
