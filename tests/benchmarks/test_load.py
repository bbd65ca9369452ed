"""The load generator: what it counts, against a server that answers what a test lets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from benchmarks.load import CHUNKED, Shot, Volley, all_within, length, one_by_one

PEOPLE = ("ann", "bob", "cid")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsaved"
REFUSAL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsaved\r\n0\r\n\r\n"
BROKEN = b"HTTP/1.1 500 Oh\r\nContent-Length: 5\r\n\r\nsaved"


@asynccontextmanager
async def a_server(*answers: bytes) -> AsyncIterator[int]:
    """Answers each request with the next of these, in pieces; an empty one ends the connection instead."""
    left = iter(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            answer = next(left)
            if not answer:
                break
            for piece in (answer[:10], answer[10:]):
                writer.write(piece)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def shots() -> list[Shot]:
    return [Shot(person, b"GET / HTTP/1.1\r\n\r\n", b"saved") for person in PEOPLE]


async def test_everybody_sends_once_and_what_each_was_told_is_kept_apart() -> None:
    async with a_server(OK, REFUSAL, BROKEN) as port:
        volley = await one_by_one(port, shots(), connections=1)

    assert (volley.saved, volley.refused, volley.wrong) == ({"ann"}, {"bob"}, {"cid"})
    assert len(volley.waits) == len(PEOPLE)


async def test_answers_in_chunks_and_in_one_instant_are_read_whole() -> None:
    async with a_server(CHUNKS, CHUNKS, CHUNKS) as port:
        volley = await all_within(port, shots(), seconds=0)

    assert volley.saved == set(PEOPLE)


async def test_a_connection_that_breaks_off_is_an_answer_that_was_wrong() -> None:
    async with a_server(b"", b"", b"") as port:
        volley = await all_within(port, shots(), seconds=0)

    assert volley.wrong == set(PEOPLE)


def test_an_acknowledgement_without_its_row_is_wrong_and_a_refused_row_is_found() -> None:
    volley = Volley(saved={"ann", "bob"}, refused={"cid", "dan"}, wrong={"eve"})

    assert volley.look_up({"ann", "cid"}) == 2
    assert volley.refused_though_saved == 1


def test_rows_of_all_who_were_told_so_leave_nothing_wrong() -> None:
    volley = Volley(saved={"ann"}, refused={"bob"})

    assert volley.look_up({"ann"}) == 0
    assert volley.refused_though_saved == 0


def test_a_centile_is_one_of_the_waits() -> None:
    volley = Volley(waits=[0.3, 0.1, 0.2])

    assert [volley.centile(share) for share in (0.0, 0.5, 0.99)] == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    ("got", "expected"),
    [(OK[:20], -1), (OK, len(OK)), (CHUNKS, CHUNKED), (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", 30)],
)
def test_the_head_tells_how_long_an_answer_is(got: bytes, expected: int) -> None:
    assert length(got) == expected
