"""Each match and each doubt in a sentence that people read, in English and in Bangla, with the facts it rests on."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from post_logistics.cod.matching.columns import KINDS, Entries, EntryKind, Reason, Rule
from post_logistics.cod.matching.text import squash
from post_logistics.cod.statements.columns import LineColumns
from post_logistics.units import Language, bangla_digits, local_day, taka

_EPOCH = date(1970, 1, 1).toordinal()

KIND_TEXTS: Final[dict[EntryKind, dict[Language, str]]] = {
    EntryKind.DEPOSIT: {"en": "deposit", "bn": "জমা"},
    EntryKind.COLLECTION: {"en": "digital payment", "bn": "ডিজিটাল পেমেন্ট"},
    EntryKind.PAYMENT: {"en": "payment", "bn": "পেমেন্ট"},
    EntryKind.PAYOUT: {"en": "payout", "bn": "মার্চেন্টের পরিশোধ"},
    EntryKind.RETURN: {"en": "returned payout", "bn": "ফেরত আসা পরিশোধ"},
    EntryKind.DEDUCTION: {"en": "deduction from pay", "bn": "বেতন থেকে কর্তন"},
    EntryKind.BILL: {"en": "bill", "bn": "বিল"},
}

RULE_TEXTS: Final[dict[Rule, dict[Language, str]]] = {
    Rule.REFERENCE: {
        "en": "The line has the reference {reference} of this {kind} and its amount, {line}; {when}.",
        "bn": "লাইনে এই {kind}-এর রেফারেন্স {reference} ও সমান টাকা, {line} আছে; {when}।",
    },
    Rule.IN_TEXT: {
        "en": "The reference {reference} of this {kind} stands in the line's text, and the amount is the same, {line}; "
        "{when}.",
        "bn": "লাইনের লেখার ভেতরে এই {kind}-এর রেফারেন্স {reference} আছে, টাকাও সমান, {line}; {when}।",
    },
    Rule.SEVERAL_REFERENCES: {
        "en": "The line names {entries} entries, and they add up to {line}; {when}.",
        "bn": "লাইনে {entries}টি রেফারেন্স আছে, সেগুলোর যোগফল {line}; {when}।",
    },
    Rule.SPLIT_REFERENCE: {
        "en": "{lines} lines name the reference {reference} of this {kind}, and add up to {line}.",
        "bn": "{lines}টি লাইনে এই {kind}-এর রেফারেন্স {reference} আছে, যোগফল {line}।",
    },
    Rule.NEARLY: {
        "en": "The line says {written}, which is {reference} but for one slip; only this {kind} has that amount, "
        "{line}; {when}.",
        "bn": "লাইনে লেখা {written}, যা একটি ভুল বাদে {reference}; শুধু এই {kind}-এর টাকা {line}; {when}।",
    },
    Rule.GROUP: {
        "en": "The line is all that {owner} still owed of those days, {entries} entries of {entry}, less a fee of "
        "{less}.",
        "bn": "লাইনটি ওই দিনগুলোর জন্য {owner}-এর কাছে পাওনা সব, {entries}টি, মোট {entry}, মাশুল {less} বাদে।",
    },
    Rule.CHARGE: {
        "en": "The line is the bank's own charge of {line}.",
        "bn": "লাইনটি ব্যাংকের নিজের মাশুল, {line}।",
    },
    Rule.INTEREST: {
        "en": "The line is interest from the bank, {line}.",
        "bn": "লাইনটি ব্যাংকের দেওয়া সুদ, {line}।",
    },
    Rule.AMOUNT: {
        "en": "The line names {owner} and no reference; this {kind} is the only one of {line} in those days, {when}.",
        "bn": "লাইনে {owner}-এর নাম আছে, রেফারেন্স নেই; ওই দিনগুলোতে {line} টাকার এই একটিই {kind}, {when}।",
    },
    Rule.SUM: {
        "en": "The line is the sum of {entries} deposits of {owner}; no others of those days add up to {line}.",
        "bn": "লাইনটি {owner}-এর {entries}টি জমার যোগফল; ওই দিনগুলোর অন্য কোনো জমা মিলে {line} হয় না।",
    },
    Rule.SPLIT: {
        "en": "{lines} lines that name {owner} make up this {kind}; no others of those days add up to {line}.",
        "bn": "{owner}-এর {lines}টি লাইন মিলে এই {kind}; ওই দিনগুলোর অন্য কোনো লাইন মিলে {line} হয় না।",
    },
    Rule.TOLERANCE: {
        "en": "The line has the reference {reference} of this {kind}; the bank counted {line} in place of {entry}.",
        "bn": "লাইনে এই {kind}-এর রেফারেন্স {reference} আছে; ব্যাংক {entry}-এর জায়গায় {line} গুনেছে।",
    },
    Rule.BY_HAND: {
        "en": "{by} says that the line is this: {why}",
        "bn": "{by} বলেছেন লাইনটি এটিই: {why}",
    },
}

REASON_TEXTS: Final[dict[Reason, dict[Language, str]]] = {
    Reason.NO_CANDIDATE: {
        "en": "Nothing that is expected fits this line.",
        "bn": "অপেক্ষমাণ কোনো কিছুর সঙ্গে এই লাইন মেলে না।",
    },
    Reason.SEVERAL_CANDIDATES: {
        "en": "Several entries fit this line, or several lines one entry.",
        "bn": "এই লাইনের সঙ্গে একাধিক হিসাব মেলে, অথবা একটি হিসাবের সঙ্গে একাধিক লাইন।",
    },
    Reason.DUPLICATE: {
        "en": "Another line is this entry already: the same money may be told twice.",
        "bn": "অন্য একটি লাইন এই হিসাবের সঙ্গে মিলে গেছে: একই টাকা দুবার লেখা হয়ে থাকতে পারে।",
    },
    Reason.AMOUNT_DIFFERS: {
        "en": "The reference is right, and the amount is not.",
        "bn": "রেফারেন্স ঠিক আছে, টাকার অঙ্ক মেলে না।",
    },
    Reason.OUTSIDE_WINDOW: {
        "en": "Reference and amount are right, and the day is too far off.",
        "bn": "রেফারেন্স ও টাকা ঠিক আছে, কিন্তু তারিখ অনেক দূরে।",
    },
    Reason.NOT_UNIQUE_SUM: {
        "en": "More than one choice of entries adds up to this line.",
        "bn": "একাধিকভাবে কয়েকটি হিসাব মিলে এই লাইনের সমান হয়।",
    },
    Reason.TIME_LIMIT: {
        "en": "There was no time to prove which entries add up to this line.",
        "bn": "কোন কোন হিসাব মিলে এই লাইন, তা প্রমাণের সময় পাওয়া যায়নি।",
    },
    Reason.TO_CONFIRM: {
        "en": "One entry fits, and a person has to say that it is this one.",
        "bn": "একটি হিসাব মেলে, তবে একজনকে নিশ্চিত করতে হবে।",
    },
}

NEXT_STEPS: Final[dict[Reason, dict[Language, str]]] = {
    Reason.NO_CANDIDATE: {
        "en": "Ask the bank who paid it in; a deposit may not have been recorded.",
        "bn": "কে জমা দিয়েছেন ব্যাংকে জানতে চান; হয়তো জমাটি এখনো লেখা হয়নি।",
    },
    Reason.SEVERAL_CANDIDATES: {
        "en": "Ask the bank for the slip, then match by hand.",
        "bn": "ব্যাংক থেকে স্লিপ নিয়ে হাতে মেলান।",
    },
    Reason.DUPLICATE: {
        "en": "Ask the bank to take the second line back.",
        "bn": "দ্বিতীয় লাইনটি ফিরিয়ে নিতে ব্যাংককে বলুন।",
    },
    Reason.AMOUNT_DIFFERS: {
        "en": "Compare the slip with the count, then match by hand.",
        "bn": "স্লিপের সঙ্গে গণনা মিলিয়ে দেখে হাতে মেলান।",
    },
    Reason.OUTSIDE_WINDOW: {
        "en": "Ask why it came so late, then match by hand.",
        "bn": "কেন এত দেরি হলো জেনে হাতে মেলান।",
    },
    Reason.NOT_UNIQUE_SUM: {
        "en": "Ask the office which slips were paid in together.",
        "bn": "কোন কোন স্লিপ একসঙ্গে জমা হয়েছে, ডাকঘরকে জিজ্ঞেস করুন।",
    },
    Reason.TIME_LIMIT: {
        "en": "Ask the office which slips were paid in together.",
        "bn": "কোন কোন স্লিপ একসঙ্গে জমা হয়েছে, ডাকঘরকে জিজ্ঞেস করুন।",
    },
    Reason.TO_CONFIRM: {
        "en": "Look at what is proposed, then confirm it or match by hand.",
        "bn": "প্রস্তাবটি দেখে নিশ্চিত করুন, নয়তো হাতে মেলান।",
    },
}


def facts_of(
    lines: LineColumns, entries: Entries, of_lines: Sequence[int], of_entries: Sequence[int], written: str = ""
) -> dict[str, Any]:
    """What a match rests on, as it is kept: counts, amounts, days, the reference that was found, whose it is."""
    facts: dict[str, Any] = {
        "lines": len(of_lines),
        "entries": len(of_entries),
        "line_poisha": int(sum(int(lines.amount_poisha[line]) for line in of_lines)),
        "entry_poisha": int(sum(int(entries.amount_poisha[entry]) for entry in of_entries)),
        "booked_on": date.fromordinal(int(lines.booked_on[of_lines[0]]) + _EPOCH).isoformat(),
    }
    if len(of_entries):
        first = of_entries[0]
        facts |= {
            "kind": KINDS[entries.kind[first]].value,
            "owner": str(entries.owner[first]),
            "due_on": date.fromordinal(int(entries.due_on[first]) + _EPOCH).isoformat(),
            "reference": _found(lines, entries, of_lines[0], first),
        }
    return facts | ({"written": written} if written else {})


def _found(lines: LineColumns, entries: Entries, line: int, entry: int) -> str:
    """Which of the entry's references the line has; the best if none is there whole."""
    known = [column[entry] for column in entries.references if column[entry]]
    if len(known) < 2 or lines.reference[line] in known:
        return lines.reference[line] if lines.reference[line] in known else (known or [""])[0]
    texts = squash([f"{lines.reference[line]} {lines.description[line]}", *known])
    said = texts.text(0)
    return next((one for place, one in enumerate(known, 1) if texts.text(place) in said), known[0])


def why_matched(rule: Rule, facts: Mapping[str, Any], language: Language = "en") -> str:
    """The match in a sentence."""
    line, entry = int(facts.get("line_poisha", 0)), int(facts.get("entry_poisha", 0))
    words = {
        "reference": facts.get("reference", ""),
        "written": facts.get("written", ""),
        "owner": facts.get("owner", ""),
        "by": facts.get("by", ""),
        "why": facts.get("why", ""),
        "kind": KIND_TEXTS[EntryKind(facts["kind"])][language] if "kind" in facts else "",
        "lines": _number(facts.get("lines", 1), language),
        "entries": _number(facts.get("entries", 0), language),
        "line": taka(abs(line), language),
        "entry": taka(abs(entry), language),
        "less": taka(abs(entry - line), language),
        "when": _when(facts, language),
    }
    return RULE_TEXTS[rule][language].format(**words)


def _number(count: int, language: Language) -> str:
    return bangla_digits(str(count)) if language == "bn" else str(count)


def _when(facts: Mapping[str, Any], language: Language) -> str:
    if "due_on" not in facts:
        return ""
    booked, due = date.fromisoformat(facts["booked_on"]), date.fromisoformat(facts["due_on"])
    if language == "en":
        return f"it was due from {local_day(due)} and booked on {local_day(booked)}"
    return f"{local_day(due, 'bn')} থেকে অপেক্ষমাণ, ব্যাংকে {local_day(booked, 'bn')}"
