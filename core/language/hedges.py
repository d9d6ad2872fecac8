"""Whether a text that begins by declining goes on to offer a guess: "I don't know, but probably Turin".

The languages are those whose polite openings `declining` knows. Texts are in the spelling of `characters.fold`,
without apostrophes in words: "it's" is "its", "weiß" is "weiss".
"""

# ruff: noqa: RUF001 -- words of several scripts

from __future__ import annotations

import regex

from proctor.core.language.later import later

_BREAK = later(
    regex.compile,
    r"(?<!\d)[.,]|[.,](?!\d)|[!?;:\u2026()\[\]\u3001\u3002\u060c\u061b\u061f\u0964\u06d4\n\u2013\u2014\u2015~]|\s-+\s",
)
"""What parts clauses."""
_BUT = later(
    regex.compile,
    r"""
    \b(?:but|however|though|although|still|aber|doch|jedoch|mais|cependant|toutefois|pero|aunque|sin\ embargo|ma|però|tuttavia
    | mas|porém|contudo|maar|ama|fakat|ancak|но|однако|اما|و?لكن(?:ه|ها)?|लेकिन|मगर|אבל|אך)\b
    | 但是?|不过|不過|然而|ですが|しかし|けれども?|だが|하지만|그러나|지만|แต่
    """,
    regex.VERBOSE | regex.V1,
)
_GUESS = later(
    regex.compile,
    r"""
    \b(?:probably|possibly|possible\ that|perhaps|maybe|presumably|supposedly|apparently|likely
      | typically|usually|generally|normally|commonly
      | (?:my|a|an)\ (?:best\ |educated\ |first\ |rough\ )?guess(?:\ (?:is|would\ be))?
      | if\ (?:i\ (?:had|have)\ to|forced\ to)\ (?:guess|say|choose)
      | i\ ?(?:d|would|will|can|could|might)?\ (?:only\ |just\ )?(?:guess|say|think|believe|assume|suppose|suspect|presume)
      | as\ far\ as\ i\ (?:know|recall|remember) | i\ (?:seem\ to\ )?(?:recall|remember)
      | (?:it|that|this|he|she|they|there|answer)(?:d|ll)?\ (?:may|might|could|should|would|must)\ (?:well\ )?(?:be|have\ been)
      | (?:seems?|appears?)\ to\ be | (?:from|by)\ memory | in\ my\ experience | to\ my\ knowledge | lean\ towards?
      | (?:about|around|roughly|approximately)(?=\ \S*\d)
      # German, Dutch
      | wahrscheinlich|vermutlich|vielleicht|möglicherweise|wohl|eventuell|voraussichtlich|meine\ vermutung(?:\ ist)?
      | ich\ (?:würde\ )?(?:denke|glaube|vermute|schätze|tippe|rate|meine|nehme\ an|sagen) | (?:könnte|dürfte|müsste)n?
      | waarschijnlijk|misschien|vermoedelijk|mogelijk | ik\ (?:denk|vermoed|gok|geloof) | zou\ kunnen
      # French, Spanish, Italian, Portuguese
      | probablement|peut-être|vraisemblablement|sans\ doute | je\ (?:pense|crois|suppose|dirais|devine) | (?:pour|dev)rait\ être
      | probablemente|posiblemente|seguramente|quizás?|tal\ vez|(?:creo|supongo|diría)\ que|(?:podría|puede)\ ser|puede\ que
      | probabilmente|possibilmente|forse|magari | (?:credo|penso|suppongo|direi)(?:\ che)? | (?:potrebbe|dovrebbe)\ essere
      | provavelmente|possivelmente|talvez | (?:acho|creio|suponho|diria|penso)\ que | (?:pode|poderia|deve|deveria)\ ser
      # Turkish, Russian
      | muhtemelen|belki|sanirim|galiba|herhalde|tahminim(?:ce)?|olabilir
      | вероятно|наверное?|возможно|может\ быть|скорее\ всего|видимо | (?:я\ )?(?:думаю|полагаю|предполагаю)
      # Arabic, Persian, Hindi, Hebrew
      | ربما|على\ الأرجح|غالبا|لعله?ا?|قد\ (?:يكون|تكون)|أعتقد|أظن | شاید|احتمالا|فکر\ می\ ?کنم
      | शायद|संभवतः|सम्भवतः|मुझे\ लगता\ है|हो\ सकता\ है | אולי|כנראה|ייתכן|אני\ (?:חושב|חושבת|מניח|מניחה)
    )(?![\p{L}\p{M}\p{N}])
    # Chinese, Japanese, Korean, Thai
    | 可能|也许|也許|大概|或许|或許|应该是|應該是|我猜|我想|估计|估計|多半
    | おそらく|恐らく|たぶん|多分|かもしれ(?:ません|ない)|と(?:思います|思う|思われます|推測します|考えられます)|でしょう
    | 아마도?|것\ ?같(?:습니다|아요|다)|일\ ?수(?:도)?\ ?있(?:습니다|어요|다)|추측합니다|생각합니다 | น่าจะ|อาจจะ?|คงจะ?|บางที|คิดว่า
    """,
    regex.VERBOSE | regex.V1,
)
"""Words of guessing."""
_STATED = later(regex.compile, r"(?:(?:it|he|she)(?: is| was|s)|they (?:are|were)|(?:es|das) (?:ist|war)|cest)\b(?!.*\bnot\b)")
"""What states something after a "but", without a word of guessing."""
_ASIDE = later(
    regex.compile,
    r"""
    ^\s*(?:which|who|whose|where)\b
    # the documents, in the Latin script's languages, and what they say
    | \b(?:do[ck]ument|passages?\b|[ck]onte[xk]t|te(?:xte?n?s?|xtos?|kste?n?|st[oi])\b|sources?\b|quellen?\b|files?\b|pages?\b
      | articles?\b|chapter|section|info|mention|stated\b|specif|listed|provided|described|(?:the|your|a|in)\ manual\b
      | handbuch|manuel\b|angab|angegeben|erwähn|steh[te]|indiqu|précis|indica|menzion|vermeld|belge|metin|bilgi
      # not knowing
      | questions?\b|whether|what\b|how\b|know(?:s|n)?\b|i\ (?:dont|cant|cannot|am\ not)|no\ answer|(?:un)?able\b|unclear
      | impossible\b|(?:hard|difficult|important)\ to|depend|var(?:y|ies)\b|wissen|ich\ weiss|weiss\ ich|savoir|sais\b|saber|sé\b
      | sapere|so\ che|sei\b|weet\b|bilmiyor
      # where else to look
      | ask(?:s|ed|ing)?\b|check|contact|consult(?!ant)|refer(?:s|red)?\b|look(?:s|ing)?\b|search|find\b|see\b|try(?:ing)?\b
      | verif|helpful|can\ help|note\b|someone|somebody|else|frag|prüf|nachseh|nachschau|wenden|demand|vérifi|pregunt|chied
      | pergunt|vraag|sorun
      # Russian, Arabic, Persian, Hindi, Hebrew
      | документ|указан|упом|сказан|спрос|уточн|знаю|вопрос|وثيق|المستند|النص|ذكر|معلوم|اسأل|سند|متن
      | दस्तावेज|पाठ|उल्लेख|जानकारी|पता|מסמכ|מסמך|טקסט|מידע)
    # Chinese, Japanese, Korean, Thai
    | 文[件档檔中書]|书[里中]|書[裡中]|[资資]料|原文|上下文|提[到及供]|[说說]明|没有?[写寫]|查[看阅閱询詢找]|[请請][问問]
    | 咨询|諮詢|信息|資訊|知道 | 本文|記載|書か|確認|情報|分かりま|分から|わかりま|わから
    | 문서|자료|본문|언급|기재|확인|문의|정보|모르 | เอกสาร|ข้อมูล|ระบุ|ตรวจสอบ|ถาม|ทราบ
    """,
    regex.VERBOSE | regex.V1,
)
"""What a clause speaks of that offers no answer: the documents, where else to look, not knowing."""
_FILLER = later(
    regex.compile,
    r"but|and|or|all|it|its|is|was|be|are|were|been|that|this|thats|they|he|she|there|the|a|an|i|id|im|my|you|would|will|to|of"
    r"|es|ist|war|das|der|die|und|sein|ich|cest|il|elle|est|et|que|y|o|e|é|è|che|lo|la|el|это|和|是|在|有|は|が|です|だ|の|입니다",
)
_WORD = later(regex.compile, r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")


def offers(rest: str) -> bool:
    """Whether what follows a phrase of declining offers an answer all the same.

    A clause does that has a word of guessing ("probably", "my guess is", "it may be"), or a "but it is", and something besides
    that is neither about the documents nor a hint where to ask. A word of guessing that stands alone is for the clause after it
    ("if I had to guess, Turin"). What the phrase itself goes on to say ("I don't know where it may be") is no clause of its own.
    """
    alone = False
    for clause, after_but in _clauses(rest):
        guessed, said = _GUESS.search(clause), _GUESS.sub(" ", clause)
        if not (guessed or alone or (after_but and _STATED.match(clause.strip()))):
            continue
        alone = not _says_something(said)
        if not alone and not _ASIDE.search(said):
            return True
    return False


def _clauses(rest: str) -> list[tuple[str, bool]]:
    """The clauses after the first one, and whether a "but" goes before each."""
    found: list[tuple[str, bool]] = []
    but = False
    for place, part in enumerate(_BREAK.split(rest)):
        for number, clause in enumerate(_BUT.split(part)):
            but = but or number > 0
            if clause.strip() and (place or number):
                found.append((clause, but))
                but = False
    return found


def _says_something(clause: str) -> bool:
    return any(not _FILLER.fullmatch(word) for word in _WORD.findall(clause))
