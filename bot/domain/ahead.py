"""Moments that people choose: ahead of now, and not by so much that it is a slip in the year."""

from datetime import datetime, timedelta

from bot.errors import Invalid

FARTHEST = timedelta(days=366)
"""How far ahead a date may lie: what comes later is a slip in the year, and nobody would be reminded of it in time."""


def check_ahead(at: datetime, now: datetime, field: str, called: str) -> None:
    """Raises Invalid (field) for a moment that is past, or further ahead than `FARTHEST`.

    called: its name in the refusal, "<Called> is in the past".
    """
    if at <= now:
        raise Invalid(f"{called} is in the past; choose a later one.", field=field)
    if at - now > FARTHEST:
        raise Invalid(f"{called} is more than a year ahead; choose an earlier one.", field=field)
