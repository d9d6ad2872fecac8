"""Names and values of the generated world, and the one rule that keeps some of them for testing.

A name or value is *held out* when the checksum of its text is divisible by six. Training text never holds
such a one where a name or value stands, held-out text holds nothing else: so what is measured is reading,
not remembering, and the rule needs no list.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable


class Source(random.Random):
    """Random numbers for training text. Everything that is generated is drawn from one of these."""

    held_out = False


class HeldOut(Source):
    """Random numbers for test text: what is drawn with these lies on the other side of the split."""

    held_out = True


Draw = Callable[[Source], str]


def is_held_out(text: str) -> bool:
    """Whether a name or value is reserved for testing."""
    return zlib.crc32(text.encode()) % 6 == 0


def draw(make: Draw, rng: Source) -> str:
    """Draw until the text lies on the source's side of the split."""
    while is_held_out(text := make(rng)) != rng.held_out:
        pass
    return text


def words(text: str) -> list[str]:
    """Words of a text."""
    return text.split()


def choices(text: str) -> list[str]:
    """Parts of a text between bars."""
    return text.split("|")


ONSETS = words(
    "Bal Bar Bel Ben Bor Bri Cal Cor Cra Dal Dar Del Dor Dra Dun Fal Fen Fer Fin Flo Gal Gar Gel Gor Gra "
    "Hal Har Hel Hor Jal Jor Kal Kar Kel Kor Lam Lar Len Lor Lun Mal Mar Mel Mer Mor Nal Nar Nel Nor "
    "Pal Par Pel Por Pra Ral Ran Rel Ros Sal Sar Sel Sol Sor Tal Tar Tel Tor Tra Ul Val Var Vel Vor "
    "Wal War Wen Wil Yar Yel Zan Zel Zor"
)
ENDINGS = words(
    "vo dan mix nor tis vex lon mar kin dex pa rus tek mon bix din fox gan lit nex pol quin rin sto "
    "tran vik wen zar bo ca dor fen gus hem jin kos lum na pex ro san tor um ver xa yon zo mel ric"
)
TOWN_ENDINGS = words("ton ford by wick stead ham field burg port mouth dale bridge")
FIRST_NAMES = words(
    "Anna Ben Clara David Ella Frank Grace Henry Ida Jack Kate Leo Mira Nina Oscar Paul Rosa Sam Tina "
    "Victor Wendy Adam Bella Carl Dora Eric Flora George Hanna Ivan Julia Karl Lena Max Nora Otto Petra "
    "Ruth Simon Thea Urs Vera Walter"
)
FIRM_ENDINGS = words("Works Supply Labs Brothers Tools Metal Systems Trading Group Workshop Service Partners")
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"


def _syllables(rng: Source) -> str:
    """Two syllables on the source's side of the split, so that not even a surname is a held-out product's name."""
    return draw(lambda rng: rng.choice(ONSETS) + rng.choice(ENDINGS), rng)


def _letters(rng: Source) -> str:
    """Name of letters in any order, so that a name outside the syllable list is read as well."""
    pairs = (rng.choice(CONSONANTS) + rng.choice(VOWELS) for _ in range(rng.randint(2, 3)))
    return ("".join(pairs) + rng.choice(CONSONANTS)).capitalize()


def device(rng: Source) -> str:
    """Product name, mostly of two syllables."""
    kind = rng.random()
    if kind < 0.78:
        return _syllables(rng)
    if kind < 0.9:
        return f"{_syllables(rng)} {rng.choice((5, 10, 20, 30, 50, 100, 200, 300))}"
    return _letters(rng)


def town(rng: Source) -> str:
    """Name of a town."""
    return rng.choice(ONSETS) + rng.choice(TOWN_ENDINGS)


def person(rng: Source) -> str:
    """First and last name."""
    return f"{rng.choice(FIRST_NAMES)} {_syllables(rng)}"


def company(rng: Source) -> str:
    """Name of a firm."""
    stem = _syllables(rng) if rng.random() < 0.5 else rng.choice(ONSETS)
    return f"{stem} {rng.choice(FIRM_ENDINGS)}"


def _amount(units: str, *numbers: float) -> Draw:
    options, amounts = choices(units), [f"{n:g}" for n in numbers]
    return lambda rng: f"{rng.choice(amounts)} {rng.choice(options)}"


def _pair(first: str, second: str) -> Draw:
    firsts, seconds = choices(first), choices(second)
    return lambda rng: f"{rng.choice(firsts)} {rng.choice(seconds)}".strip()


def _digits(rng: Source, count: int) -> str:
    return "".join(str(rng.randint(0, 9)) for _ in range(count))


def _term(rng: Source) -> str:
    if rng.random() < 0.5:
        return f"{rng.randint(2, 12)} years"
    return f"{rng.randint(3, 60)} {rng.choice(('months', 'months', 'weeks'))}"


def _mass(rng: Source) -> str:
    return rng.choice((f"{rng.randint(20, 990)} g", f"{rng.randint(1, 60)} kg", f"{rng.randint(11, 99) / 10:g} kg"))


def _amps(rng: Source) -> str:
    return rng.choice((f"{rng.randint(5, 80) * 10} mA", f"{rng.randint(1, 32)} A", f"{rng.randint(11, 99) / 10:g} A"))


def _code(rng: Source) -> str:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(rng.randint(1, 2)))
    return letters + rng.choice(("", "-")) + _digits(rng, rng.randint(2, 4))


def _place(rng: Source) -> str:
    letter = rng.choice(("", "", *"ABCDEF"))
    spot = rng.choice(SPOTS)
    return f"{spot} {letter}{rng.randint(1, 40)}"


SPOTS = words("cabinet shelf drawer room locker box rack hall store bay")
COLOURS = "red|blue|green|grey|black|white|yellow|orange|brown|silver|purple|pink"
SHADES = "dark|light|pale|bright|deep||matt|warm"
DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

VALUES: dict[str, Draw] = {
    "term": _term,
    "battery": _pair(
        "9 V|6 V|12 V|3 V|flat|small|large|round|square|spare|sealed",
        "block|lithium cell|button cell|alkaline cell|lead battery|zinc cell|silver cell|AA cell|AAA cell|battery pack",
    ),
    "hours": _amount("hours", *range(2, 100)),
    "mass": _mass,
    "money": _amount("euros|dollars|pounds", *range(5, 1000)),
    "colour": _pair(SHADES, COLOURS),
    "material": _pair(
        "brushed|cast|painted|thin|thick|hard|soft|pressed|polished|recycled",
        "steel|aluminium|plastic|wood|brass|rubber|glass|copper|nylon|leather|zinc|carbon",
    ),
    "size": _amount("cm|mm|cm", *range(3, 200)),
    "watts": _amount("watts|W", *range(5, 900, 5)),
    "volts": _amount("volts|V", *range(3, 60), 110, 120, 220, 230, 240, 400),
    "amps": _amps,
    "place": _place,
    "company": company,
    "person": person,
    "town": town,
    "river": lambda rng: f"{rng.choice(ONSETS)} {rng.choice(('River', 'Water', 'Brook'))}",
    "wait": _amount("days|weeks", *range(2, 40)),
    "code": _code,
    "year": lambda rng: str(rng.randint(1880, 2025)),
    "version": lambda rng: f"{rng.randint(1, 12)}.{rng.randint(0, 30)}",
    "bytes": _amount("MB|GB|readings|records", *range(2, 64), *range(100, 1000, 50)),
    "metres": _amount("m|metres|cm", *range(2, 90), 1.5, 2.5, 3.5, 4.5),
    "fluid": _pair(
        "warm|cold|clean|diluted|pure|soapy|distilled|plain|mild",
        "water|alcohol|vinegar|oil|soap|spirit|acetone|ammonia|foam",
    ),
    "plug": _pair("USB|BNC|serial|round|flat|five-pin|three-pin|small|threaded|coaxial", "socket|port|plug|jack|connector"),
    "degrees": _amount("degrees", *range(20, 200)),
    "extra": _pair(
        "leather|steel|spare|small|padded|folding|long|black|soft|canvas",
        "case|strap|probe|stand|bag|clip|cable|holder|cover|brush|manual",
    ),
    "phone": lambda rng: _digits(rng, rng.randint(3, 5)),
    "count": lambda rng: str(rng.randint(3, 900)),
    "opening": lambda rng: f"{rng.randint(5, 11)} to {rng.randint(12, 22)}",
    "day": _pair("||late|early", "|".join(DAYS)),
    "job": _pair(
        "|trained|retired|young|senior|chief|night",
        "baker|nurse|teacher|driver|cook|painter|farmer|welder|tailor|clerk|pilot|gardener|mechanic|plumber|singer",
    ),
    "years": _amount("years", *range(18, 90)),
    "thousands": lambda rng: f"{rng.randint(2, 99)},{rng.randint(1, 9)}00",
    "kilometres": _amount("km|kilometres", *range(2, 400)),
}

NAMES: dict[str, Draw] = {"device": device, "company": company, "person": person, "town": town}
