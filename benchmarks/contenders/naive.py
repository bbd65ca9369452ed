"""The naive bot: Bolt's defaults, SQLAlchemy's ORM, a listener for each thing; the one that is meant comes last."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette

from benchmarks.contenders.bare import serve
from benchmarks.contenders.setting import Setting, named, typed


class Base(DeclarativeBase):
    """ORM needs one."""


class Page(Base):
    __tablename__ = "pages"
    person: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    page: Mapped[dict[str, Any]] = mapped_column(JSONB)


def main() -> None:
    setting, port = Setting.read()
    bolt = AsyncApp(
        signing_secret=setting.secret, client=AsyncWebClient(token="xoxb-benchmark", base_url=setting.slack_url)
    )
    session = async_sessionmaker(
        create_async_engine(make_url(setting.database_url).set(drivername="postgresql+psycopg"))
    )

    async def save(ack: AsyncAck, body: dict[str, Any]) -> None:
        kind, person = setting.kinds[named(body)], body["user"]["id"]
        async with session() as s:
            found = await s.get(Page, (person, kind))
            if found is None:
                s.add(Page(person=person, kind=kind, page=typed(body)))
            else:
                found.page = typed(body)
            await s.commit()
        await ack(**(setting.answers[kind] or {}))

    async def other(ack: AsyncAck) -> None:
        await ack()

    for number in range(setting.listeners - len(setting.names)):
        (bolt.action if number % 2 else bolt.view)(f"something.else.{number}")(other)
    for kind, name in setting.names.items():
        (bolt.action if kind == "press" else bolt.view)(name)(save)

    @asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        yield

    serve(bolt, port, alive)


if __name__ == "__main__":
    main()
