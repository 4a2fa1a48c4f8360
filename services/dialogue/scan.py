"""Values that can be read off a sentence by rules alone: order numbers, prices, positions, sizes, colours, yes and no.

They stand in for understanding where it is not there, and help it where the question asked leaves no doubt what is
meant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from services.dialogue.understanding import PriceRange, Slot

_ORDER = re.compile(r"\bs\s*k[\s#-]*((?:\d[\s-]?){7}\d)(?!\d)", re.IGNORECASE)
_ANY_NUMBER = re.compile(r"(?<!\d)(?:s\s*k[\s#-]*)?(\d{5,12})(?!\d)", re.IGNORECASE)
_ZH_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_EN_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1}
_EN_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "both": 2}
_ORDINAL_EN = re.compile(
    r"\b(?:(first|second|third|fourth|fifth|sixth|last)\b(?:\s+one)?|(\d)(?:st|nd|rd|th)\b"
    r"|(?:number|no\.?|option)\s*(\d)\b)|#\s*(\d)\b",
    re.IGNORECASE,
)
_ORDINAL_ZH = re.compile(r"第([一二两三四五六七八九十\d])[个件款条双只台本张套]?|(最后)[一个件款条双]*")
_MEASURE = (
    r"days?|hours?|weeks?|months?|years?|kg|cm|mm|ml|inch|people|persons|天|小时|个?月|年|公斤|升|岁|寸|人|件|码|号"
)
_AMOUNT = rf"(\d[\d,]*(?:\.\d+)?)(?![\d.]|\s*(?:{_MEASURE}))"
_UNIT = r"\s*(?:元|块钱|块|yuan|rmb|cny|kuai|bucks|usd|dollars?|eur|euros?|pounds?|gbp)"
_CURRENCY = r"(?:¥|￥|\$|€|£|rmb\s*|cny\s*)?\s*"
_SUM = rf"{_CURRENCY}{_AMOUNT}(?:{_UNIT})?"
_BETWEEN = re.compile(rf"(?:between\s+)?{_SUM}\s*(?:-|–|~|to|and|到|至)\s*{_SUM}", re.IGNORECASE)
_BELOW = re.compile(
    rf"(?:under|below|less than|up to|at most|max(?:imum)?|no more than|within)\s*(?:of\s+)?{_SUM}"
    rf"|(?:不超过|不到|低于|最多|不高于)\s*{_SUM}"
    rf"|{_AMOUNT}(?:{_UNIT})?\s*(?:以内|以下|之内|内|or less|at most|max)",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    rf"(?:over|above|more than|at least|from|不低于|超过|高于)\s*{_SUM}|{_AMOUNT}(?:{_UNIT})?\s*(?:以上|起)",
    re.IGNORECASE,
)
_CHEAPER = re.compile(r"\b(cheaper|less expensive|lower price)\b|便宜[一]?[点些]|更便宜|便宜的|低价", re.IGNORECASE)
_DEARER = re.compile(r"\b(more expensive|dearer|pricier|higher end)\b|贵[一]?[点些]|更贵|高档", re.IGNORECASE)
_SIZE = re.compile(
    r"(?<![a-z0-9])(?:size\s*)?(xxs|xs|s|m|l|xl|xxl|xxxl|2xl|3xl|4xl)(?![a-z0-9])"
    r"|\bsize\s*(\d{2}(?:\.5)?)\b|(?<!\d)(\d{2}(?:\.5)?)\s*[码号]|([大中小]码)",
    re.IGNORECASE,
)
_BARE_SIZE = re.compile(
    r"(?<![\d.])([2-5]\d(?:\.5)?)(?![\d.]|\s*(?:days?|years?|hours?|minutes?|元|块|天|岁|分|%|yuan))"
)
_LARGER = re.compile(
    r"\b(bigger|larger|a size up|one size up|size bigger|size larger)\b|大[一半]?[点码号些]", re.IGNORECASE
)
_SMALLER = re.compile(r"\b(smaller|a size down|one size down)\b|小[一半]?[点码号些]", re.IGNORECASE)
_QUANTITY = re.compile(
    r"(?<![\d第])(\d{1,3})\s*"
    r"(?:件|个|条|双|只|台|本|张|套|盒|袋|瓶|包|份|pcs|pieces?|pairs?|of (?:them|it|those|these))"
    r"|(?<!第)([一二两三四五六七八九十])(?:件|个|条|双|只|台|本|张|套|盒|袋|瓶|包|份)"
    r"|\b(one|two|three|four|five|six|both)\b(?=\s+(?:of|pieces?|pairs?|packs?|bags?|boxes))"
    r"|\b(?:just|only) (one|two|three|four|five|six)\b",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(yes|yep|yeah|yup|sure|ok|okay|right|correct|exactly|confirm(ed)?|please do|go ahead|do it|sounds good"
    r"|that'?s right|fine|absolutely|of course|alright|all right|agreed"
    r"|是|是的|对|对的|好|好的|好吧|好呀|好啊|行|可以|嗯|嗯嗯|确认|确定|没错|没问题|同意|就这样|要的|办吧|退吧|换吧)"
    r"(?=$|[\W_]|[吧啊呀的了，。！])",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(no|nope|nah|don'?t|do not|not (?:that|now|yet|really)|wrong|不|不是|不对|不要|不用|不行|别|错了|算了|没有)"
    r"(?=$|[\W_]|[，。！了的对是要用行]|[\u4e00-\u9fff])",
    re.IGNORECASE,
)
_AFTER_NO = re.compile(
    r"(?:no|nope|not that(?: one)?|wrong(?: one)?|不是|不对|错了|不)[\s,.，。!！]*"
    r"(?:not that(?: one)?|不是这个|不是)?[\s,.，。]*"
    r"(?:i mean[t]?|it'?s|i want(?:ed)?|return|exchange|cancel"
    r"|我说的是|我是说|我要[退换]的是|应该是|是|退|换)?\s*(.*)$",
    re.IGNORECASE,
)
_URGES = re.compile(r"\b(ok|okay|yes|all right|go ahead|do it|please|then)\b|好|行|可以|嗯|吧\W*$", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(hello|hi|hey|good (?:morning|afternoon|evening)|你好|您好|嗨|在吗|早上好|下午好|晚上好)"
    r"(?: there| again)?[\s,.!，。！~、:：?？]+",
    re.IGNORECASE,
)
_NOT_YES = re.compile(r"^\W*(对了|行李|right now\b|好像|可以再)", re.IGNORECASE)
_NOT_NO = re.compile(r"^\W*(no (?:problem|worries)|不好意思|不错)", re.IGNORECASE)
_QUESTION = re.compile(
    r"[?？]|\b(how|what|when|where|which|who|why|does|will|would|may i|should)\b"
    r"|\b(can (?:i|you|we|one)|could (?:i|you)|do (?:i|you|they|your))\b"
    r"|\b(is (?:it|there|the|this|that|my|your)|are (?:there|you|they|the|your|these|those))\b"
    r"|[吗呢么]\s*[?？。!！]*$|多少|怎么|如何|什么|哪|能不能|可不可以|可以.+吗|是否|几天|几点|多久|有没有|为啥|为何",
    re.IGNORECASE,
)
_STOP = re.compile(r"[,.!?;，。！？；、]|\b(?:and|but|also|because)\b|因为|另外|还有|顺便|然后", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def words(text: str) -> frozenset[str]:
    """A list of words, written as one text."""
    return frozenset(text.split())


def tells_language(text: str) -> bool:
    """Whether there is a word to tell it by: not for `42`, `SK30000101`, `M`."""
    return bool(_HAN.search(text) or _LATIN.search(_ORDER.sub(" ", text)))


def language_of(text: str, otherwise: str) -> str:
    """`zh` or `en` by the script; `otherwise` where there is no word at all."""
    if _HAN.search(text):
        return "zh"
    return "en" if tells_language(text) else otherwise


def order_number(text: str) -> str:
    """`SK` and eight digits, upper case without spaces; empty if there is none."""
    found = _ORDER.search(text)
    return "SK" + re.sub(r"\D", "", found[1]) if found else ""


def some_number(text: str) -> str:
    """Digits that may be meant as an order number where one was asked for."""
    found = _ANY_NUMBER.search(text)
    return f"SK{found[1]}" if found else ""


def price(text: str) -> PriceRange | None:
    for pattern, make in ((_BETWEEN, _range), (_BELOW, _below), (_ABOVE, _above)):
        found = pattern.search(text)
        if found and (made := make([group for group in found.groups() if group])):
            return made
    if _CHEAPER.search(text):
        return PriceRange(direction=-1)
    return PriceRange(direction=1) if _DEARER.search(text) else None


def _cents(amount: str) -> int:
    return round(float(amount.replace(",", "")) * 100)


def _range(amounts: Sequence[str]) -> PriceRange | None:
    low, high = sorted((_cents(amounts[0]), _cents(amounts[1])))
    return PriceRange(low, high) if high >= 1000 else None


def _below(amounts: Sequence[str]) -> PriceRange | None:
    return PriceRange(high=_cents(amounts[0]))


def _above(amounts: Sequence[str]) -> PriceRange | None:
    return PriceRange(low=_cents(amounts[0]))


def ordinals(text: str) -> tuple[int, ...]:
    """Positions named, in order; -1 is the last."""
    found = [(match.start(), _position(match)) for match in _ORDINAL_EN.finditer(text)]
    found += [(match.start(), _zh_position(match)) for match in _ORDINAL_ZH.finditer(text)]
    return tuple(position for _, position in sorted(found))


def _position(match: re.Match[str]) -> int:
    word = (match[1] or "").lower()
    return _EN_ORDINALS[word] if word else int(match[2] or match[3] or match[4])


def _zh_position(match: re.Match[str]) -> int:
    if match[2]:
        return -1
    return _ZH_DIGITS.get(match[1]) or int(match[1])


def size(text: str, bare: bool = False) -> str:
    """A size named; `bare`: also a number that stands alone, where a size was asked for."""
    found = _SIZE.search(text)
    if found:
        letters, *numbers = found.groups()
        if letters and not _is_letter_size(text, found):
            return size(text[found.end() :], bare)
        return letters.upper() if letters else next(number for number in numbers if number)
    plain = _BARE_SIZE.search(text) if bare else None
    return plain[1] if plain else ""


def _is_letter_size(text: str, found: re.Match[str]) -> bool:
    """Not the `s` of `it's`, the `m` of `I'm`, or a letter of a word."""
    before = text[: found.start()].rstrip()
    return not before.endswith(("'", "’"))


def size_step(text: str) -> int:
    """1: a larger one, -1: a smaller one, 0: neither was said."""
    if _LARGER.search(text):
        return 1
    return -1 if _SMALLER.search(text) else 0


def quantity(text: str) -> int | None:
    found = _QUANTITY.search(text)
    if not found:
        return None
    if found[1]:
        return int(found[1])
    return _ZH_DIGITS[found[2]] if found[2] else _EN_NUMBERS[(found[3] or found[4]).lower()]


def bare_number(text: str) -> int | None:
    """A number and hardly anything else, where a number was asked for."""
    told = text.strip(" .!。！")
    if told.isdigit() and len(told) <= 3:
        return int(told)
    return _EN_NUMBERS.get(told.lower()) or _ZH_DIGITS.get(told)


def yes_or_no(text: str) -> bool | None:
    """Whether the sentence begins with a yes or a no; None: with neither."""
    if _NOT_NO.search(text):
        return None
    if _NO.search(text):
        return False
    return True if _YES.search(text) and not _NOT_YES.search(text) else None


def urges(text: str) -> bool:
    """Whether what is asked for again is asked to be done: `all right, return it then`, 那好，退吧."""
    return _URGES.search(text) is not None and yes_or_no(text) is not False


def after_no(text: str) -> str:
    """What a no goes on with: `no, I meant the kettle`; empty if it is not a no or nothing follows."""
    if yes_or_no(text) is not False:
        return ""
    found = _AFTER_NO.match(text.strip())
    return found[1].strip(" ,.!，。！") if found else ""


def after_greeting(text: str) -> str:
    """What comes after a hello, if it is more than a word or two; else empty."""
    found = _GREETING.match(text)
    rest = text[found.end() :].strip() if found else ""
    return rest if len(rest) >= (5 if _HAN.search(rest) else 12) else ""


def is_question(text: str) -> bool:
    return bool(_QUESTION.search(text))


def colour(text: str, colours: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """(canonical name, words said) of the longest colour named; two empty strings if none is."""
    best = ("", "")
    for name, words in colours.items():
        for word in words:
            if len(word) > len(best[1]) and says(text, word):
                best = (name, word)
    return best


def says(text: str, words: str) -> bool:
    """Whether the words stand in the text: Chinese anywhere, others as whole words."""
    if _HAN.search(words):
        return words in text
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(words)}(?![A-Za-z0-9])", text, re.IGNORECASE) is not None


def slots(text: str, colours: Mapping[str, Sequence[str]]) -> Iterator[Slot]:
    """All that rules can read off a sentence."""
    if number := order_number(text):
        yield Slot("order_number", number, number)
    if (range_said := price(text)) is not None:
        yield Slot("price", text, range_said)
    for position in ordinals(text):
        yield Slot("ordinal", str(position), position)
    if sized := size(text):
        yield Slot("size", sized, sized)
    if (pieces := quantity(text)) is not None:
        yield Slot("quantity", str(pieces), pieces)
    name, said = colour(text, colours)
    if name:
        yield Slot("colour", said, name)


def without(text: str, words: str) -> str:
    """The text with the words taken out."""
    return re.sub(re.escape(words), " ", text, flags=re.IGNORECASE)


def without_price(text: str) -> str:
    for pattern in (_BETWEEN, _BELOW, _ABOVE, _CHEAPER, _DEARER):
        text = pattern.sub(" ", text)
    return text


def clauses(text: str) -> Sequence[str]:
    """The text between stops and conjunctions."""
    return [part for part in (piece.strip() for piece in _STOP.split(text)) if part]
