"""What a link to a decision's page tells those who read the message that it stands in."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.link import Place, Told
from bot.store import link
from bot.store.db import Db, autocommit


async def told(db: Db, workspace_id: str, places: Mapping[str, Place]) -> Mapping[str, Told]:
    """url -> what it tells; of the workspace's own teams alone. Nothing is closed by it: nobody looks at a decision."""

    async def work(c: AsyncConnection) -> Mapping[str, Told]:
        found = {url: await link.find(c, workspace_id, place) for url, place in places.items()}
        return {url: one for url, one in found.items() if one}

    return await autocommit(db, work)
