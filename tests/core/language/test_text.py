from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from proctor.core.language.quantities import readings
from proctor.core.language.text import holds, normalise, signs, squad

SAME = [
    # numbers
    ("5kg", "5 kg"),
    ("50%", "50 %"),
    ("٥٠٪", "50%"),
    ("3.50", "3.5"),
    (".5", "0.5"),
    ("-.5", "\u22120.50"),
    ("1,000", "1000"),
    ("1\u202f000", "1000"),
    ("12 500", "12,500"),
    ("1'000'000", "1,000,000"),
    ("1.000.000", "1 000 000"),
    ("12,34,567", "1234567"),
    ("1.234,5", "1,234.50"),
    ("3,5", "3.5"),
    ("-0", "0"),
    ("+5 degrees", "5 degrees"),
    ("\u22125 degrees", "-5 degrees"),
    ("\u20135 degrees", "-5 degrees"),
    ("- 5", "-5"),
    ("1e3", "1000"),
    ("2.5E-3", "0.0025"),
    ("3 × 10⁸", "3e8"),
    ("10⁻³", "10^-3"),
    ("1e400", "10e399"),
    ("$5", "5 $"),
    ("-$5", "$-5"),
    ("5€", "€ 5.00"),
    ("½", "1/2"),
    ("2½", "2 1/2"),
    ("3 - 5", "3\u20135"),
    ("5-10 %", "5\u201310%"),
    ("1 : 30", "1:30"),
    ("09:30", "9:30"),
    ("1:30 p.m.", "1:30pm"),
    ("5'11\"", "5\u203211\u2033"),
    (">= 5", "≥5"),
    ("5*3", "5 × 3"),
    ("1920x1080", "1920 × 1080"),
    ("x²", "x^2"),
    ("5 m²", "5 m2"),
    ("5㎡", "5 m²"),
    ("5 ℃", "5°C"),
    ("№5", "No. 5"),
    ("H₂O", "H2O"),
    ("J. R. R. Tolkien", "J.R.R. Tolkien"),
    ("3\\.5 \\*", "3.5"),
    ("5 °C", "5°C"),
    # typography
    ("«Blue Star»", "Blue Star"),
    ("„Blue Star“", '"blue star"'),
    ("L\u2019Aquila", "L'Aquila"),
    ("it\u2019s", "its"),
    ("well-known", "well known"),
    ("well\u2011known", "well known"),
    ("F\u201316", "f-16"),
    ("x \u2212 1", "x-1"),
    ("R & D", "R&D"),
    ("COVID-19", "COVID 19"),
    ("-5--3", "\u22125\u2013\u22123"),
    ("1,2,3", "1, 2, 3"),
    ("C♯", "C#"),
    ("**Turin**", "Turin."),
    ("`3.5`", "3.5"),
    ("- Turin\n- Milan", "Turin, Milan"),
    ("U.S.", "US"),
    ("Ph.D.", "PhD"),
    ("Zürich\u00ad", "ZU\u0308RICH"),
    ("Windows™", "Windows"),
    ("ﬁne", "fine"),
    ("\u200fsoft\u200bware\ufeff", "software"),
    ("❤\ufe0f", "❤"),
    # articles
    ("The 3  Years.", "3 years"),
    ("an open door", "open door"),
    ("in a box", "In the box"),
    ("a 3-year warranty", "3 year warranty"),
    ("A.", "a"),
    # writing systems
    ("Straße", "STRASSE"),
    ("İstanbul", "istanbul"),
    ("ISPARTA", "ısparta"),
    ("ΟΔΥΣΣΕΥΣ", "Οδυσσευς"),
    ("МОСКВА", "«Москва»"),
    ("ԵՐԵՎԱՆ", "երեվան։"),
    ("مُحَمَّد", "محمد"),
    ("محـــمد", "محمد؟"),
    ("می\u200cروم", "میروم"),
    ("٣٫٥", "3.5"),
    ("۱۲٬۵۰۰", "12500"),
    ("שָׁלוֹם", "שלום"),
    ("צה״ל", 'צה"ל'),
    ("राम।", "राम"),
    ("क़लम", "क\u093cलम"),
    ("१२.५", "12.5"),
    ("ঢাকা।", "ঢাকা"),
    ("東京。", "東京"),
    ("《红楼梦》", "红楼梦"),
    ("１２台", "12 台"),
    ("ﾄｳｷｮｳ", "トウキョウ"),
    ("「さくら」", "さくら"),
    ("レオナルド・ダ・ヴィンチ", "レオナルドダヴィンチ"),
    ("서울", "\u1109\u1165\u110b\u116e\u11af"),
    ("กรุงเทพ มหานคร", "กรุงเทพมหานคร"),
    ("๕๐", "50"),
    ("ភ្នំ\u200bពេញ", "ភ្នំពេញ"),
    ("አዲስ፡አበባ", "አዲስ አበባ"),
]
NOT_SAME = [
    ("3.5", "35"),
    ("-5", "5"),
    ("1.0", "10"),
    ("1.234", "1,234"),
    ("1:30", "130"),
    ("1:30", "1.30"),
    ("3-5", "35"),
    ("3-5", "-5"),
    ("-5--3", "-5-3"),
    ("1,2,3-5", "123-5"),
    ("-1,2,3", "-1, -2, -3"),
    ("5 - 3", "5 + 3"),
    ("5 +3", "5 3"),
    ("+5 degrees", "-5 degrees"),
    ("5,000", "5"),
    ("12, 345", "12,345"),
    ("1/2", "12"),
    ("½", "12"),
    ("2½", "21/2"),
    ("①②", "12"),
    ("10^-3", "10^3"),
    ("10^-3", "10-3"),
    ("10³", "103"),
    ("x²", "x2"),
    ("²", "2"),
    ("\\n", "n"),
    ("x-1", "x+1"),
    ("x-1", "x1"),
    ("5-x", "5x"),
    ("(5 + 3) * 2", "5 + 3 * 2"),
    ("[1, 2]", "(1, 2)"),
    ("≥5", "5"),
    ("≥5", "≤5"),
    ("~5", "5"),
    ("±5", "5"),
    ("5!", "5"),
    ("18+", "18"),
    ("5'", '5"'),
    ("$5", "5"),
    ("$5", "€5"),
    ("50%", "50"),
    ("5%", "5‰"),
    ("5 °C", "5 °F"),
    ("5 °C", "5 C"),
    ("007", "7"),
    ("3.10.1", "3.1.1"),
    ("v3.10", "v3.1"),
    ("version 3.10", "version 3.1"),
    ("2024-01-05", "2024-01-15"),
    ("C++", "C"),
    ("C++", "C#"),
    ("C++17", "C++14"),
    (".NET", "NET"),
    ("R&D", "RD"),
    ("AC/DC", "ACDC"),
    ("km/h", "km h"),
    ("A+", "A-"),
    ("A+", "A"),
    ("A-", "A"),
    ("A*", "A"),
    ("n!", "n"),
    ("f'(x)", "f(x)"),
    ("A", "I"),
    ("A", "the"),
    ("A", "..."),
    ("A", ""),
    ("+", "-"),
    ("?", "!"),
    (":)", ":("),
    ("The The", "The"),
    ("Vitamin A", "vitamin"),
    ("vitamin A deficiency", "vitamin deficiency"),
    ("A-flat", "flat"),
    ("A, B", "B"),
    ("An Giang", "Giang"),
    ("👍", "👎"),
    ("👍🏽", "👍🏿"),
    ("🇫🇷", "🇩🇪"),
    ("\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "\U0001f3f4"),
    ("B♭", "B"),
    ("Café", "Cafe"),
    ("東京", "京都"),
    ("三", "二"),
    ("राम", "रम"),
    ("کرم", "کرمان"),
    ("ไม่", "ใม่"),
    ("Αθήνα", "Αθήναι"),
    ("-५", "५"),
    ("٣٫٥", "٣٥"),
    ("３．５", "３５"),
]
BITS = [
    "the ",
    "a ",
    "1,000",
    "3.5",
    " - ",
    "e3",
    "10^",
    "**",
    "C++",
    ".NET",
    "000",
    "A-",
    " x ",
    "\u202f",
    "½",
    "²",
    "東",
    "ไม่",
    "مُ",
]
TEXTS = st.text(max_size=25) | st.lists(
    st.sampled_from([*BITS, *"aAthe35017,.:;/-−–—+*#!?'\"()[]%$€° \n&@^İıßς😀_~=<>`"]), max_size=10
).map("".join)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_in_writing_alone_is_the_same(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), NOT_SAME)
def test_what_tells_answers_apart_is_kept(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(TEXTS)
def test_what_is_normalised_stays_as_it_is_and_has_single_spaces(text: str) -> None:
    once = normalise(text)
    assert once == normalise(once) == " ".join(once.split())


@given(TEXTS)
def test_case_width_composition_and_typography_make_no_difference(text: str) -> None:
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    variants = [text.upper(), text.lower(), *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))]
    variants += [text.translate(wide), text.replace("'", "\u2019"), f" {text}\n"]
    assert {normalise(variant) for variant in variants} == {normalise(text)}


@given(NUMBERS, NUMBERS, st.sampled_from(["{:f}", "{:,f}", "{:+f}", "{:e}", "{:f} kg", "${:f}", "{:f}%"]))
def test_numbers_are_the_same_if_they_have_one_value(one: Decimal, other: Decimal, form: str) -> None:
    assume(one != other or one == 0)
    assert (normalise(form.format(one)) == normalise(form.format(other))) == (one == other)


@given(NUMBERS)
def test_a_number_is_the_same_however_it_is_written(number: Decimal) -> None:
    plain, grouped = f"{number:f}", f"{number:,f}"
    arabic = plain.translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫"))
    written = [
        grouped,
        grouped.replace(",", "\u202f"),
        grouped.replace(",", "'"),
        plain.replace("-", "\u2212"),
        f"{plain}0",
        arabic,
    ]
    written += [f"{number:e}"]
    assert {normalise(text) for text in written} == {normalise(plain)}


@given(st.text(max_size=40).filter(str.strip))
def test_something_that_can_be_seen_is_left_of_every_text(text: str) -> None:
    seen = [
        letter
        for letter in text
        if unicodedata.category(letter)[0] in "LNPS" and letter not in "\u2800\u3164\u115f\u1160\uffa0\u0640"
    ]
    assert normalise(text) or not seen or set(seen) <= set("™®©℠")


def test_characters_are_tokens_where_a_script_has_no_spaces() -> None:
    assert normalise("東京タワー") == "東 京 タ ワ ー"
    assert normalise("ภาษาไทย").split() == ["ภ", "า", "ษ", "า", "ไ", "ท", "ย"]
    assert normalise("서울 타워") == "서울 타워"


@pytest.mark.parametrize(
    ("text", "sought", "found"),
    [
        ("It moves 3.5 litres.", "3.50", True),
        ("It moves 35 litres.", "3.5", False),
        ("It moves 135 litres.", "35", False),
        ("It is written in C++.", "C", False),
        ("The band The The plays.", "The The", True),
        ("塔は東京にある。", "東京", True),
        ("Anything.", "\u200b", False),
    ],
)
def test_a_text_is_found_in_another_by_whole_tokens(text: str, sought: str, *, found: bool) -> None:
    assert holds(text, sought) is found


def test_signs_are_what_is_no_plain_word() -> None:
    assert signs("Is C++ colder than -5 degrees?") == ["c++", "-5"]
    assert signs("पुल किसने बनाया?") == []


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        *[("3,5", "decimal comma"), ("1.234,5", "decimal comma"), ("1.000.000", "decimal comma"), ("0,500", "decimal comma")],
        *[("3.5", "decimal point"), ("1,234.5", "decimal point"), ("1,000,000", "decimal point")],
        *[("1,234", "unclear comma"), ("1.234", "unclear point")],
    ],
)
def test_a_number_says_which_decimal_sign_its_writer_uses(text: str, reading: str) -> None:
    assert readings([f"about {text}."]) == {reading: text}


@given(st.text())
def test_squads_rule_leaves_single_spaces_and_no_capitals(text: str) -> None:
    once = squad(text)
    assert once == " ".join(once.split())
    assert squad(text.lower()) == once
