"""Days of a contract. Every anniversary is reckoned from the anchor, never from the previous one."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta


def add_months(anchor: date, months: int) -> date:
    """
    The same day some months later, or the last of that month (code de procédure civile, art. 641).

    >>> add_months(date(2026, 1, 31), 1), add_months(date(2026, 1, 31), 2)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    """
    return anchor + relativedelta(months=months)


def eve_of_anniversary(anchor: date, months: int) -> date:
    """
    The last day of service of a term that starts on the anchor.

    >>> eve_of_anniversary(date(2026, 1, 5), 1), eve_of_anniversary(date(2026, 1, 31), 1)
    (datetime.date(2026, 2, 4), datetime.date(2026, 2, 27))
    """
    return add_months(anchor, months) - timedelta(days=1)


def months_between(anchor: date, day: date) -> int:
    """
    Whole months elapsed: the greatest k such that the anchor plus k months is not after the day.

    >>> months_between(date(2026, 1, 31), date(2026, 2, 27)), months_between(date(2026, 1, 31), date(2026, 2, 28))
    (0, 1)
    """
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months) <= day else months - 1


def is_anniversary(anchor: date, day: date) -> bool:
    """
    Whether the day is the anchor itself or some whole months after it.

    >>> is_anniversary(date(2024, 2, 29), date(2025, 2, 28)), is_anniversary(date(2026, 1, 31), date(2026, 3, 28))
    (True, False)
    """
    return day >= anchor and add_months(anchor, months_between(anchor, day)) == day
