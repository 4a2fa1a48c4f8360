"""A day or a stretch of days, from words and from today.

What stands without a year, a month or a week is taken for the newest one that has begun: shoppers speak of what they
did, unless a word before it (`by`, `next`, `下`) says otherwise.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from services.nlu.normalise.calendar import add_months, days, month, most_recent_day, stretch, year
from services.nlu.normalise.numerals import CHINESE, ENGLISH, whole
from services.nlu.normalise.values import Days

_N = rf"(\d+|{CHINESE}|{ENGLISH}|半|a|an|half a|a couple of|a few|几)"
_MONTHS = ["january", "february", "march", "april", "may", "june", "july"]
_MONTHS += ["august", "september", "october", "november", "december"]
_MONTH = rf"({'|'.join(f'{name}|{name[:3]}' for name in _MONTHS)}|sept)\b\.?"
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAY = rf"\b({'|'.join(f'{name}|{name[:3]}' for name in _WEEKDAYS)}|tues|thurs|thur)\b"
_ZH_WEEKDAY = r"(?:周|星期|礼拜)([一二三四五六日天末])"
_FUTURE = re.compile(r"\b(?:by|before|until|till|next|coming|will)\s*(?:the\s)?$|最晚|赶在|能在|之前要$")

Reader = Callable[[re.Match[str], date, bool], Days | None]


def day_range(text: str, today: date, before: str = "") -> Days | None:
    """`text` normalised; `before` is what stands before it in the sentence. None where no day can be told."""
    future = _FUTURE.search(before[-12:]) is not None
    parts = re.split(r"\s*(?:\bto\b|\band\b|\buntil\b|到|至|~|—)\s*", re.sub(r"^(?:from|between|从)\s*", "", text))
    if len(parts) == 2 and all(parts):
        first, last = (_one(part, today, future) for part in parts)
        if first and last and first.first <= last.last:
            return Days(first.first, last.last)
    return _one(text, today, future)


def _one(text: str, today: date, future: bool) -> Days | None:
    for pattern, read in _READERS:
        found = pattern.search(text)
        if found is None:
            continue
        try:
            return read(found, today, future)
        except (ValueError, OverflowError):
            return None
    return None


def _count(text: str) -> float:
    """`half` of a unit is half of one; a few are three."""
    fixed = {"半": 0.5, "half a": 0.5, "a": 1, "an": 1, "a couple of": 2, "a few": 3, "几": 3}
    return fixed.get(text) or whole(text) or 1


_UNIT_DAYS = (("month", 30), ("月", 30), ("week", 7), ("周", 7), ("星期", 7), ("礼拜", 7), ("year", 365), ("年", 365))


def _unit_days(text: str) -> int:
    return next((length for unit, length in _UNIT_DAYS if unit in text), 1)


def _ago(found: re.Match[str], today: date, _future: bool) -> Days:
    """Days ago are exact; a week or a month ago is about then."""
    unit = _unit_days(found[2])
    about = 0 if unit == 1 or _count(found[1]) < 1 else min(unit // 7 * 3, 15) or 3
    day = today - timedelta(days=round(_count(found[1]) * unit))
    return Days(day - timedelta(days=about), min(day + timedelta(days=about), today))


def _in_future(found: re.Match[str], today: date, _future: bool) -> Days:
    return days(today + timedelta(days=round(_count(found[1]) * _unit_days(found[2]))))


def _past_stretch(found: re.Match[str], today: date, _future: bool) -> Days:
    return Days(today - timedelta(days=round(_count(found[1]) * _unit_days(found[2]))), today)


def _recently(_found: re.Match[str], today: date, _future: bool) -> Days:
    return Days(today - timedelta(days=30), today)


def _offset(shift: int) -> Reader:
    return lambda _found, today, _future: days(today + timedelta(days=shift))


def _week(found: re.Match[str], today: date, _future: bool) -> Days:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=_turn(found[1]))
    return stretch(monday, 7)


def _month(found: re.Match[str], today: date, _future: bool) -> Days:
    there = add_months(today, _turn(found[1]))
    return month(there.year, there.month)


def _year(found: re.Match[str], today: date, _future: bool) -> Days:
    shift = {"去": -1, "前": -2, "今": 0, "明": 1}.get(found[1])
    return year(today.year + (_turn(found[1]) if shift is None else shift))


def _turn(word: str) -> int:
    """`last`, `上` -1; `上上` -2; `next`, `下` 1; anything else is this one."""
    return {"last": -1, "previous": -1, "past": -1, "上": -1, "上个": -1, "上上": -2, "上上个": -2}.get(
        word, 1 if word in ("next", "coming", "下", "下个") else 0
    )


def _weekend(found: re.Match[str], today: date, future: bool) -> Days:
    saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
    turn = _turn(found[1] or "")
    if not found[1] and not future and saturday > today:
        turn = -1
    return stretch(saturday + timedelta(weeks=turn), 2)


def _weekday_en(found: re.Match[str], today: date, future: bool) -> Days:
    number = next(place for place, name in enumerate(_WEEKDAYS) if name.startswith(found[2][:3]))
    ahead = future or (found[1] or "").strip() in ("next", "coming", "this coming")
    back = (today.weekday() - number) % 7
    if ahead:
        return days(today + timedelta(days=(-back) % 7 or 7))
    return days(today - timedelta(days=back or (7 if found[1] and "last" in found[1] else 0)))


def _weekday_zh(found: re.Match[str], today: date, future: bool) -> Days:
    if found[2] == "末":
        return _weekend(found, today, future)
    number = "一二三四五六日".index("日" if found[2] == "天" else found[2])
    day = today - timedelta(days=today.weekday() - number)
    if found[1]:
        return days(day + timedelta(weeks=_turn(found[1])))
    shift = 1 if future and day < today else -1 if not future and day > today else 0
    return days(day + timedelta(weeks=shift))


def _full(found: re.Match[str], _today: date, _future: bool) -> Days:
    return days(date(int(found[1]), int(found[2]), int(found[3])))


def _month_day(month_number: int, day: int, today: date, future: bool) -> Days:
    """This year's, or last year's where this year's lies months ahead."""
    this = date(today.year, month_number, day)
    horizon = today + timedelta(days=365 if future else 60)
    return days(this if this <= horizon else date(today.year - 1, month_number, day))


def _zh_month_day(found: re.Match[str], today: date, future: bool) -> Days:
    return _month_day(whole(found[1]) or 0, whole(found[2]) or 0, today, future)


def _slashed(found: re.Match[str], today: date, future: bool) -> Days:
    first, second = int(found[1]), int(found[2])
    return _month_day(*((second, first) if first > 12 else (first, second)), today, future)


def _en_day_month(found: re.Match[str], today: date, future: bool) -> Days:
    return _month_day(_month_number(found[2]), int(found[1]), today, future)


def _en_month_day(found: re.Match[str], today: date, future: bool) -> Days:
    return _month_day(_month_number(found[1]), int(found[2]), today, future)


def _month_number(name: str) -> int:
    return next(place for place, one in enumerate(_MONTHS, 1) if one.startswith(name[:3]))


def _whole_month(number: int, today: date) -> Days:
    return month(today.year if number <= today.month else today.year - 1, number)


def _en_month(found: re.Match[str], today: date, _future: bool) -> Days:
    return _whole_month(_month_number(found[1]), today)


def _zh_month(found: re.Match[str], today: date, _future: bool) -> Days:
    return _whole_month(whole(found[1]) or 0, today)


def _day_of_month(found: re.Match[str], today: date, future: bool) -> Days:
    return days(most_recent_day(today, whole(found[1]) or 0, future))


def _fixed(first_month: int, first_day: int, length: int = 1) -> Reader:
    def read(_found: re.Match[str], today: date, _future: bool) -> Days:
        this = date(today.year, first_month, first_day)
        start = this if this <= today + timedelta(days=60) else date(today.year - 1, first_month, first_day)
        return stretch(start, length)

    return read


def _season(first_month: int) -> Reader:
    def read(_found: re.Match[str], today: date, _future: bool) -> Days:
        start = date(today.year, first_month, 1)
        start = start if start <= today else date(today.year - 1, first_month, 1)
        return Days(start, add_months(start, 3) - timedelta(days=1))

    return read


_UNITS = r"(days?|weeks?|months?|years?|天|日|周|个?星期|个?礼拜|个?月|年)"
_LAST = r"(last|this|next|previous|past|coming|current)"
_ZH_LAST = r"(上上个?|上个?|这个?|本|下个?)"
_TABLE: Sequence[tuple[str, Reader]] = (
    (r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})", _full),
    (r"day before yesterday|(?<!大)前天|前日", _offset(-2)),
    (r"大前天", _offset(-3)),
    (r"day after tomorrow|(?<!大)后天", _offset(2)),
    (r"大后天", _offset(3)),
    (r"yesterday|last night|昨天|昨日|昨晚|昨儿", _offset(-1)),
    (r"\btomorrow|\btmrw|明天|明日|明儿|明早|明晚", _offset(1)),
    (r"\btoday|tonight|this (?:morning|afternoon|evening)|今天|今日|今晚|今早|今儿|刚才", _offset(0)),
    (rf"{_N}\s*(?:full )?{_UNITS}(?: ago| back| earlier|之?前|以前)", _ago),
    (rf"(?:last|past|previous|最近|近|过去|这)\s*{_N}\s*{_UNITS}", _past_stretch),
    (rf"(?:in|within)\s+{_N}\s*{_UNITS}", _in_future),
    (rf"{_N}\s*{_UNITS}[之以]?[后内]", _in_future),
    (rf"{_LAST}\s+weekend", _weekend),
    (r"()\bweekend", _weekend),
    (rf"{_LAST}\s+week\b|\b(a) week\b", _week),
    (rf"{_LAST}\s+month\b", _month),
    (rf"{_LAST}\s+year\b", _year),
    (rf"((?:this coming|last|this|next|past|coming|on)\s+)?{_WEEKDAY}", _weekday_en),
    (rf"{_ZH_LAST}?{_ZH_WEEKDAY}", _weekday_zh),
    (rf"{_ZH_LAST}(?:周|星期|礼拜)", _week),
    (rf"{_ZH_LAST}月", _month),
    (r"([去今前明])年", _year),
    (rf"(\d{{1,2}}|{CHINESE})\s*月\s*(\d{{1,2}}|{CHINESE})\s*[号日]?", _zh_month_day),
    (rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)?\s+{_MONTH}", _en_day_month),
    (rf"\b{_MONTH}\s*(?:the\s)?(\d{{1,2}})(?:st|nd|rd|th)?\b", _en_month_day),
    (r"(?<!\d)(\d{1,2})\s*[-/.]\s*(\d{1,2})(?!\d)", _slashed),
    (r"双十一|双11|singles'? day", _fixed(11, 11)),
    (r"双十二|双12", _fixed(12, 12)),
    (r"(?<!\d)618(?!\d)", _fixed(6, 18)),
    (r"国庆|national day", _fixed(10, 1, 7)),
    (r"元旦|new year'?s day", _fixed(1, 1)),
    (r"圣诞|christmas|xmas", _fixed(12, 25)),
    (rf"\b{_MONTH}", _en_month),
    (rf"(\d{{1,2}}|{CHINESE})\s*月份?", _zh_month),
    (rf"(?:^|[^\d])(\d{{1,2}}|{CHINESE})\s*[号日]", _day_of_month),
    (r"\b(\d{1,2})(?:st|nd|rd|th)\b", _day_of_month),
    (r"\bspring|春", _season(3)),
    (r"\bsummer|夏", _season(6)),
    (r"\bautumn|\bfall\b|秋", _season(9)),
    (r"\bwinter|冬", _season(12)),
    (rf"{_N}\s*(?:full )?{_UNITS}", _past_stretch),
    (r"\brecent|\blately|最近|近期|前几天|前阵子|前段时间|the other day", _recently),
)
_READERS = tuple((re.compile(pattern), read) for pattern, read in _TABLE)
