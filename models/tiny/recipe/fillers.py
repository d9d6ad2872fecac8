"""Lines of an article that answer nothing: talk, chores, and numbers that are not what was asked for."""

from __future__ import annotations

from proctor.models.tiny.recipe.values import Source, choices, words

TALK = (
    "This page is about {e}.",
    "{E} is used in many shops.",
    "Please read this note before you use {e}.",
    "Ask at the desk if anything about {e} is not clear.",
    "Many people have asked about this.",
    "The same holds for older units of {e}.",
    "This note on {e} was checked last spring.",
    "There is no change from last year.",
    "Do not rely on older notes about {e}.",
    "New users of {e} often miss this.",
    "Ask before you change the {a} of {e}.",
    "The {a} was not always the same.",
    "Nobody should guess the {a}.",
    "If in doubt about the {a}, read the label.",
    "The {a} is printed on the back of {e}.",
    "Other things have another {a}.",
    "A note on the {a} is kept at the desk.",
    "With {e}, people often ask for the {a}.",
    "Allow {k} minutes for {e} to warm up.",
    "This was asked {k} times last year.",
    "Wait {k} seconds before you go on.",
    "There are {k} of them in the house.",
    "See page {k} of the manual.",
    "Sign the list and put down the date.",
    "Anything else is done by the staff.",
    "Keep the bill and the box.",
    "This is enough for a normal day.",
    "Larger ones do not fit and may do harm.",
    "It must not be left in the sun.",
    "Spare ones are in the next room.",
)
PEOPLE_TALK = (
    "This page is about {e}.",
    "Many people have asked about {e}.",
    "There is more to say about {e}.",
    "{E} is well known here.",
    "This note on {e} was checked last spring.",
    "The {a} may change next year.",
    "Nobody should guess the {a}.",
    "People often ask for the {a} of {e}.",
    "{k} people have asked so far.",
    "A note on the {a} is kept at the desk.",
)
WHO = choices(
    "the desk|our staff|every user|the store|a new owner|the workshop|most people|the manual|the technician|the owner|"
    "a visitor|the office|the buyer|the next shift|a student|the safety officer|your team|the clerk"
)
DOES = choices(
    "checks|keeps|knows|writes down|reads|cleans|asks about|looks at|tests|moves|collects|returns|opens|orders|"
    "forgets|reports|watches|replaces|signs for|packs|holds|needs|lends out|marks"
)
WHAT = choices(
    "{e}|this|it|the list|the label|the date|the old number|a new battery|the case|the box|the report|both ends|a copy|"
    "the next one|the cover|every unit|the spare parts|the {a}|the bill|the log book|the {n}|a {n}|the rest|the result"
)
WHEN = choices(
    "before lunch|once a day|at the end of the day|without delay|in the log|when it arrives|after use|with clean hands|"
    "for good reason|in the back room|on request|when asked|with care|if needed|in most cases|as usual|together|"
    "before the next use|at the front desk|after a storm|in winter|in any case"
)
ORDERS = words(
    "Put Let Lock Pull Push Hold Press Turn Open Close Name Write Read Lay Lift Send Take Bring Call Check Clean Cut Dry Fill "
    "Fold Hang Leave Look Make Mark Move Note Order Pack Pay Pick Place Pour Raise Remove Rest Return Ring Roll Save Set Shake "
    "Show Shut Start Stay Stop Store Tell Test Tie Try Use Wash Watch Wear Wipe Wrap Carry Count Cover Give Have Help Lend Never"
)
AFTER = choices(
    "it to the desk|a note into the box|the door|the lid first|both hands|the number down|it for an hour|two of them|"
    "the next shift|your name on the list|the cover before you go|what is left|the old one to the store|it in a dry place|"
    "the rest to us|only one at a time|the lamp on|it flat on the table|the bag shut|them by hand|nothing on top of {e}|"
    "all parts of {e} together|the case of {e} open|someone else first|{k} of them ready|the spare key|{e} to the back room"
)
MANY = words(
    "Visitors Letters Parcels Cables Tools Bills Guests Orders Schools Units Parts Copies Children Customers Offers Calls Older "
    "Newer Larger Smaller Most Some Few Two Three Damage Post Dust Water Noise Light Paper Work Lists Keys Cases Boxes Holidays"
)
ARE = choices(
    "are welcome at any time|may be late in winter|go to the back room|do no harm|are kept for a year|stay with the desk|"
    "cost a little more|must wait for {k} days|are not included|can be had on request|come once a week|are counted in spring|"
    "do not fit {e}|lie in the bag|are answered within a week|pay less and should ask|may change without notice|are on the bill"
)


def filler(rng: Source, names: dict[str, str], attribute: str, *, is_device: bool) -> str:
    """One such line; `names` name the thing, and `attribute` is one that the article does give."""
    kind = rng.random()
    if kind < 0.3:
        template = rng.choice(TALK if is_device else PEOPLE_TALK)
    elif kind < 0.5:
        template = f"{rng.choice(ORDERS)} {rng.choice(AFTER)}."
    elif kind < 0.65:
        template = f"{rng.choice(MANY)} {rng.choice(ARE)}."
    else:
        template = f"{rng.choice(WHO)} {rng.choice(DOES)} {rng.choice(WHAT)}"
        template += f" {rng.choice(WHEN)}." if rng.random() < 0.7 else "."
    return template.format(a=attribute, k=rng.randint(2, 60), **names)
