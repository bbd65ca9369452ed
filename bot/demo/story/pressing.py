"""Pressing what a decision offers: on its card, or in the window that the card's "More" opens."""

import asyncio
import time
from typing import Any

from sandbox.people import Answer, CannotDo, Person

MORE = "More"
_LOADING = "One moment"
_SECONDS = 15.0


async def press(person: Person, what: str, **where: Any) -> Answer:
    """Press it on the card that is meant, else go by its "More". where: as for `Person.click`.

    Raises CannotDo where neither offers it to this person.
    """
    try:
        return await person.click(what, **where)
    except CannotDo:
        opened = await person.click(MORE, **where)
    if not opened.ok:
        return opened
    await _loaded(person)
    return await person.click(what)


async def _loaded(person: Person) -> None:
    end = time.monotonic() + _SECONDS
    while (modal := await person.modal()) is None or _LOADING in modal.text:
        if time.monotonic() > end:
            raise CannotDo(f"{person.name} waits for a window. {await person.screen()}")
        await asyncio.sleep(0.02)
