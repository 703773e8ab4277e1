"""What the words of an address do beside its names: say road or firm, ask the rider to call, or name nothing at all."""

from collections.abc import Sequence
from enum import IntEnum

from post_logistics.network.text import Token, word_set


class Use(IntEnum):
    """What the name is there for."""

    NAME = 1
    """Part of the name of a firm or a house: Uttara Bank."""
    ROAD = 2
    """A road, named after where it leads: Natore Road."""
    PLACE = 3


HOUSE_WORDS = word_set(
    """house holding plot flat apartment floor level road lane line block sector section sec number shop room
    bangladesh দোকান রুম ফ্ল্যাট বাংলাদেশ"""
)
"""What comes before the numbers of a door."""
REQUESTS = word_set(
    "call calling pls plz please before delivery deliver diben korben কল ফোন দিবেন দেবেন করবেন করুন আসবেন দয়া"
)
"""Said to the rider; no name goes across them."""
ROAD_WORDS = word_set("road lane street avenue sarani sarak highway bypass goli গলি")
_FIRM_WORDS = word_set(
    """bank ব্যাংক pharmacy ফার্মেসি ফার্মেসী store stores স্টোর hospital হাসপাতাল হাসঃ clinic ক্লিনিক school স্কুল college কলেজ
    university motors ltd limited লিমিটেড hotel হোটেল restaurant enterprise এন্টারপ্রাইজ traders ট্রেডার্স fashion ফ্যাশন
    bakery বেকারি sweets electronics ইলেকট্রনিক্স medical মেডিকেল dental house bhaban ভবন villa ভিলা tower টাওয়ার plaza
    প্লাজা manzil মঞ্জিল garments textile textiles insurance travels"""
)
_TITLE_WORDS = word_set("north south east west middle new old model medical central super")
"""They may stand between the name of a place and the word that says what is named after it."""
_TITLE = 3
"""Words after a name that may still belong to what is named after it: Kakoli High School."""
_NUMBERED_PARTS = word_set("road sector section sec block")
COMMON_WORDS = _FIRM_WORDS | word_set(
    """holding floor number block section sector market bazar building apartment center centre complex garden mosque
    sadar masjid mosjid office branch shopping super company bangladesh district upazila village post north south east
    west middle station model town residential area commercial housing society colony police medicine road lane avenue
    street near beside behind opposite front first second third ground level suite general corner diagnostic central
    mor gate circle chattar stand bus square point madrasa madrasah mazar math field park lake club church bridge bari
    para ghat quarter new old main কমপ্লেক্স সেন্টার মসজিদ বাংলাদেশ মেডিসিন কোম্পানি ফ্যাক্টরী কেমিক্যাল প্রোডাক্টস ডেন্টাল শপিং সুপার দোকান
    গ্রাম পোস্ট কর্নার মাদ্রাসা মাজার মাঠ পার্ক লেক ক্লাব গির্জা ব্রিজ পাড়া ঘাট কোয়ার্টার নতুন পুরান"""
)
"""What addresses say beside names: alone they name nothing and are never guessed at."""


def is_numbered_part(name: Sequence[str]) -> bool:
    """True for ``sector 7``, ``block c`` or ``road 9 a``: there are several of each in the city."""
    return name[0] in _NUMBERED_PARTS and 1 < len(name) <= 3 and all(len(word) <= 2 for word in name[1:])


def use_of(words: Sequence[Token], first: int, after: int) -> Use:
    """What the name before ``after`` is there for; `Uttara Road 5` and `Uttara House 5` are in Uttara.

    A name that ends as firms do is already the firm: `Mugda Medical College Hospital`.
    """
    following = [token.text for token in words[after : after + _TITLE] if token.part == words[first].part]
    for distance, word in enumerate(following):
        numbered = distance + 1 < len(following) and following[distance + 1].isdigit()
        if word.isdigit() or numbered:
            break
        if word in ROAD_WORDS and distance <= 1:
            return Use.ROAD
        if word in _FIRM_WORDS and words[after - 1].text not in _FIRM_WORDS:
            return Use.NAME
        if word in COMMON_WORDS and word not in _TITLE_WORDS:
            break
    return Use.PLACE
