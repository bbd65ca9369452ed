"""From a request to the member who acts: a browser by its session, a program by its token."""

from datetime import tzinfo
from urllib.parse import quote

from starlette.requests import Request

from bot.deps import Deps
from bot.domain.address import address_of
from bot.domain.by import By, Origin
from bot.domain.preference import zone_of
from bot.domain.token import API_PREFIX, Bearer, Kind, Token
from bot.errors import BotError
from bot.services import preference
from bot.services import token as tokens
from web import cookie

_AGENT_LENGTH = 300
SIGNED_OUT = "You are signed out. Sign in to go on."


class SignedOut(BotError):
    """Nobody stands behind this request: no session or token, or one that is over, or of somebody inactive."""


def deps(request: Request) -> Deps:
    found: Deps = request.app.state.deps
    return found


async def by(request: Request) -> By:
    """Who acts in this browser, now, by the rules of this installation. Raises SignedOut."""
    bearer = await _session(request)
    if bearer is None:
        raise SignedOut(SIGNED_OUT)
    d = deps(request)
    return By(bearer.actor, d.now, d.rules.of(bearer.actor.team.id), origin=origin(request))


async def find_by(request: Request) -> By | None:
    """`by`; None for a browser in which nobody is signed in."""
    return await by(request) if await _session(request) else None


async def token(request: Request) -> Token:
    """The session of this browser. Raises SignedOut."""
    bearer = await _session(request)
    if bearer is None:
        raise SignedOut(SIGNED_OUT)
    return bearer.token


async def zone(request: Request) -> tzinfo:
    """In which the person's dates are shown: that of their Slack profile."""
    found = await preference.get(deps(request).db, await by(request))
    return zone_of(found.zone)


async def _session(request: Request) -> Bearer | None:
    """Read once a request: a page and the frame around it ask for the same."""
    if not hasattr(request.state, "bearer"):
        d, value = deps(request), cookie.read(request)
        request.state.bearer = await tokens.find(d.db, value, Kind.SESSION, now=d.now) if value else None
    found: Bearer | None = request.state.bearer
    return found


def bearer_token(request: Request) -> str | None:
    """What a program shows: `Authorization: Bearer conclave_...`."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and value.startswith(API_PREFIX) else None


def origin(request: Request, bearer: Bearer | None = None) -> Origin:
    """From where a request comes, for the trail and for counting tries."""
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())[:_AGENT_LENGTH]
    return Origin(address(request), agent or None, bearer.token.id if bearer else None)


def address(request: Request) -> str | None:
    """The person's address. Proxies are believed only where CONCLAVE_TRUSTED_PROXIES names them."""
    return address_of(
        peer=request.client.host if request.client else "",
        forwarded=request.headers.getlist("x-forwarded-for"),
        trusted=deps(request).settings.trusted_proxies,
    )


def way_back(path: str) -> str:
    """Where to go after signing in: a path of ours, as a query; an address of somebody else's is dropped."""
    return f"?next={quote(path, safe='/')}" if is_ours(path) and path != "/" else ""


def is_ours(path: str) -> bool:
    """Whether a path leads to a page here. '//host' and '/\\host' lead elsewhere in a browser."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
