"""Days, weeks, months and years as ranges of days."""

from calendar import monthrange
from datetime import date, timedelta

from services.nlu.normalise.values import Days


def days(one: date) -> Days:
    return Days(one, one)


def stretch(first: date, length: int) -> Days:
    return Days(first, first + timedelta(days=length - 1))


def month(in_year: int, number: int) -> Days:
    return Days(date(in_year, number, 1), date(in_year, number, monthrange(in_year, number)[1]))


def year(number: int) -> Days:
    return Days(date(number, 1, 1), date(number, 12, 31))


def add_months(day: date, count: int) -> date:
    """The first of the month that lies so many months on."""
    index = day.year * 12 + day.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def most_recent_day(today: date, number: int, future: bool) -> date:
    """The newest day of that number that has been, or the next one. Raises ValueError beyond 31."""
    if not 1 <= number <= 31:
        raise ValueError(f"{number} is no day of a month")
    step = 1 if future else -1
    there = date(today.year, today.month, 1)
    while True:
        length = monthrange(there.year, there.month)[1]
        if number <= length:
            day = there.replace(day=number)
            if (day >= today) if future else (day <= today):
                return day
        there = add_months(there, step)
