"""What a form holds, as typed: short fields, each once. Files have no place in it."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.errors import Invalid

MOST_FIELDS = 50


async def read(request: Request) -> Mapping[str, str]:
    """Name -> what was typed; '' is there as well. Raises Invalid for what no page here has sent."""
    try:
        typed = (await request.body()).decode()
        return dict(parse_qsl(typed.replace("%00", ""), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise Invalid("That is no form of these pages. Open the page again.") from error
