"""What an operator does from the command line: migrate, verify, examine, look after deliveries."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot import embedded, preflight
from bot import keyring as keyrings
from bot.config import Settings
from bot.domain.by import Rules
from bot.domain.erasure import Erasure
from bot.domain.plan import TIERS
from bot.domain.text import one_line
from bot.errors import Invalid, StartError
from bot.identity import CLOCK_OFF_SECONDS, client_for, read_slack_time, slack_session, why_not
from bot.llm import asking
from bot.preflight import check_letters, check_schema, check_web, told_of_secrecy
from bot.scopes import without
from bot.semantic import embedder
from bot.services import erasure, secrecy, sweep
from bot.services import export as exports
from bot.services import hook as hooks
from bot.services import installation as installations
from bot.services import outbox as deliveries
from bot.services import plan as plans
from bot.services import result as results
from bot.services import sketch as sketches
from bot.services import webhook as webhooks
from bot.store import db, schema, vault
from bot.store.installation import Sealed
from bot.store.outbox import EVERY, INSTALLED, GivenUp
from bot.store.plan import Used
from bot.store.sketch import Usage
from bot.views import export as export_view

log = structlog.get_logger(__name__)

KeepUp = Callable[[], Coroutine[Any, Any, None]]
LOOK_SECONDS = 1.0
"""Between two looks at whether the embedded database still runs."""


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The database's URL for the service; without DATABASE_URL the embedded one, started and migrated."""
    url = settings.database_url.get_secret_value()
    if url:
        yield url
        return
    with embedded_server(settings) as server:
        yield server.service_url


@contextlib.contextmanager
def served_database(settings: Settings) -> Iterator[tuple[str, KeepUp | None]]:
    """The same for a process that goes on: with what brings the database back, where that is ours to do."""
    if not settings.uses_embedded_database:
        yield settings.database_url.get_secret_value(), None
        return
    with embedded_server(settings) as server:
        yield server.service_url, lambda: keep_up(server)


async def keep_up(server: embedded.EmbeddedServer) -> None:
    """Bring the embedded database back whenever it is killed. Raises EmbeddedError where it does not start any more."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if await asyncio.to_thread(server.is_listening):
            continue
        log.error("the embedded database has ended; starting it again")
        try:
            await asyncio.to_thread(server.bring_back)
        except embedded.EmbeddedError as error:
            log.error("the embedded database cannot be started", says=str(error))
            raise
        log.info("the embedded database is back")


@contextlib.contextmanager
def embedded_server(settings: Settings) -> Iterator[embedded.EmbeddedServer]:
    """`embedded_database` where the settings say."""
    with embedded_database(settings.data_dir or embedded.default_data_dir()) as server:
        yield server


@contextlib.contextmanager
def embedded_database(data_dir: Path) -> Iterator[embedded.EmbeddedServer]:
    """The embedded database in `data_dir`, migrated, the service's login let in; stopped by whoever uses it last."""
    server = embedded.start(data_dir)
    try:
        schema.upgrade(server.url)
        vault.admit(server.url, server.service_url, is_new=True)
        yield server
    finally:
        server.stop()


def migrate_by_halves(settings: Settings, *, expand: bool, contract: bool) -> str:
    """`migrate`, or one half of it; returns what to tell."""
    if expand:
        migrate(settings, step=schema.expand)
        return "The schema is expanded. Replace the processes one by one, then run: conclave migrate --contract"
    return f"The schema is at {migrate(settings, step=schema.contract if contract else schema.upgrade)}."


def migrate(settings: Settings, *, step: Callable[[str], None] = schema.upgrade) -> str:
    """Bring the schema up to date and let the service's login in; returns the newest revision.

    step: as of `preflight.migrate`; the embedded database is always migrated in one. Raises StartError where the
    database cannot be migrated as it stands.
    """
    if settings.uses_embedded_database:
        with database(settings):
            return schema.head()
    owner, name = owners_url(settings)
    preflight.migrate(owner, name=name, step=step)
    vault.admit(owner, settings.database_url.get_secret_value())
    return schema.head()


def owners_url(settings: Settings) -> tuple[str, str]:
    """The database's URL for the login that owns the tables, and the variable that has it. Not for the embedded one."""
    service = settings.database_url.get_secret_value()
    direct = settings.direct_database_url.get_secret_value() or service
    owner = settings.migration_database_url.get_secret_value() or direct
    return owner, "DATABASE_URL" if owner == service else "MIGRATION_DATABASE_URL"


async def verify(settings: Settings, *, number: int, team: str | None) -> results.Verified:
    """Whether a decision's scores lie sealed, and what was published fits them."""
    async with _opened(settings) as opened:
        return await results.verify(opened, number=number, team_name=team and one_line(team))


async def export(settings: Settings, *, team: str | None) -> bytes:
    """A team's decisions as CSV, the very bytes that `/decide export` sends."""
    async with _opened(settings) as opened:
        found = await exports.for_operator(opened, team_name=team and one_line(team))
        lines = [export_view.BOM, export_view.heading()]
        async for records in exports.pages(opened, team_id=found.id):
            lines += [export_view.line(record) for record in records]
        return "".join(lines).encode()


@asynccontextmanager
async def _opened_by_owner(settings: Settings) -> AsyncIterator[db.Db]:
    """By the login that migrates: it reaches every table."""
    with _owners_database(settings) as url:
        await check_schema(url)
        async with _connected(url, budget_seconds=60) as opened:
            yield opened


@contextlib.contextmanager
def _owners_database(settings: Settings) -> Iterator[str]:
    if settings.uses_embedded_database:
        with embedded_database(settings.data_dir or embedded.default_data_dir()) as server:
            yield server.url
        return
    direct = settings.direct_database_url.get_secret_value() or settings.database_url.get_secret_value()
    yield settings.migration_database_url.get_secret_value() or direct


async def plan_member(settings: Settings, email: str) -> erasure.Plan:
    async with _opened_by_owner(settings) as opened:
        return await erasure.plan_member(opened, email.strip())


async def plan_customer(settings: Settings, customer: str, team: str | None) -> erasure.Plan:
    async with _opened_by_owner(settings) as opened:
        return await erasure.plan_customer(opened, one_line(customer), team_name=team and one_line(team))


async def plan_team(settings: Settings, name: str) -> erasure.Plan:
    async with _opened_by_owner(settings) as opened:
        return await erasure.plan_team(opened, one_line(name))


async def erase_member(settings: Settings, plan: erasure.Plan, *, also_free_text: bool) -> None:
    async with _opened_by_owner(settings) as opened:
        await erasure.erase_member(opened, plan, also_free_text=also_free_text)


async def erase_customer(settings: Settings, plan: erasure.Plan, *, also_free_text: bool) -> None:
    async with _opened_by_owner(settings) as opened:
        await erasure.erase_customer(opened, plan, also_free_text=also_free_text)


async def erase_team(settings: Settings, team_id: UUID) -> None:
    async with _opened_by_owner(settings) as opened:
        await erasure.erase_team(opened, team_id)


async def erasures(settings: Settings) -> list[Erasure]:
    """What was erased, in that order."""
    async with _opened_by_owner(settings) as opened:
        return await erasure.recorded(opened)


async def repeat_erasures(settings: Settings, known: list[Erasure] | None) -> tuple[int, int]:
    """(how many had something to erase again, of how many); None: of those that the database knows."""
    async with _opened_by_owner(settings) as opened:
        every = await erasure.recorded(opened) if known is None else known
        return sum([await erasure.repeat(opened, one) for one in every]), len(every)


@dataclass(frozen=True)
class Finding:
    """One line of `conclave doctor`."""

    subject: str
    is_fine: bool
    words: str


async def examine(settings: Settings) -> list[Finding]:
    """What an operator asks first when something is wrong: settings, database, schema, Slack."""
    missing = settings.missing_for_slack()
    mode = "Socket Mode" if settings.is_socket_mode else f"HTTP on port {settings.port}"
    half_set = settings.half_set()
    wrong = f"set {' and '.join(missing)}" if missing else half_set
    findings = [Finding("settings", not wrong, wrong or mode)]
    findings += [*_examine_letters(settings), *_examine_rules(settings), _examine_semantic(), _examine_model(settings)]
    findings.append(_examine_web(settings))
    kind = "embedded" if settings.uses_embedded_database else "DATABASE_URL"
    with database(settings) as url:
        try:
            await check_schema(url)
            findings.append(Finding("database", True, f"{kind}, schema {await asyncio.to_thread(schema_words, url)}"))
            workspaces = INSTALLED if settings.serves_many else EVERY
            findings += [
                *await _examine_deliveries(url, workspaces, settings.rules),
                await _examine_plans(settings, url),
            ]
            findings += await _examine_installations(settings, url) if settings.serves_many else []
            findings += await _examine_secrets(settings, url)
        except StartError as error:
            findings.append(Finding("database", False, str(error)))
    if not missing and not settings.serves_many:
        findings += await _examine_slack(settings)
    return findings


def schema_words(url: str) -> str:
    """ "learning", or what it was expanded to and that this is not the end. Blocks."""
    found = schema.standing(url)
    if not found.serves:
        return str(found.revision)
    return f"{found.revision}, expanded: once all processes are of the newest release, run conclave migrate --contract"


def _examine_letters(settings: Settings) -> list[Finding]:
    try:
        check_letters(settings.letter_urls)
    except StartError as error:
        return [Finding("letters", False, str(error))]
    return []


def _examine_web(settings: Settings) -> Finding:
    """Where the web pages are, and how people sign in there."""
    if not settings.url:
        return Finding("web pages", True, "off; CONCLAVE_URL, as people reach this port, switches them on")
    try:
        check_web()
    except StartError as error:
        return Finding("web pages", False, str(error))
    ways = "by a link from Slack, and with Slack" if settings.slack_client_id else _BY_LINK
    return Finding("web pages", True, f"at {settings.url}; people sign in {ways}")


_BY_LINK = "by a link from Slack; with SLACK_CLIENT_ID and SLACK_CLIENT_SECRET also with Slack"


def _examine_rules(settings: Settings) -> list[Finding]:
    """Nothing to say where the operator has no file."""
    try:
        own = settings.rules.teams
    except StartError as error:
        return [Finding("rules", False, str(error))]
    words = f"{settings.rules_file}, with rules of their own for {len(own)} teams"
    return [Finding("rules", True, words)] if settings.rules_file else []


async def _examine_plans(settings: Settings, url: str) -> Finding:
    opened = db.connect(url, budget_seconds=10)
    try:
        return Finding("plans", True, plans.in_words(await plans.every(opened), settings.rules.plans))
    except StartError:
        return Finding("plans", False, "the rules cannot be read: see above")
    finally:
        await opened.close()


def _examine_semantic() -> Finding:
    found = embedder.find()
    return Finding("semantic", found.is_fine, found.words)


def _examine_model(settings: Settings) -> Finding:
    found = asking.find(settings.rules.model, settings.model, **settings.model_access)
    return Finding("model", found.is_fine, found.words)


def _told_of_use(use: Usage) -> Finding:
    """What came of asking the language model since yesterday; a failure is a finding, a used up budget is not."""
    refused = f", {use.refused} not asked since their team's tokens of the day were used up" if use.refused else ""
    last = f"; the last: {use.last_error}. Those cases were read by their words alone" if use.last_error else ""
    return Finding(
        "model use", not use.failed, f"{use.asked} asked since yesterday, {use.failed} failed{last}{refused}"
    )


async def _examine_deliveries(url: str, workspace: str, rules: Rules) -> list[Finding]:
    async with _connected(url) as opened:
        standing = await deliveries.standing(opened, workspace=workspace)
        age = await sweep.sweep_age_seconds(opened)
        is_telling = await db.logs_parameters(opened)
        ways = await secrecy.ways_around(opened)
        copies = await secrecy.copies(opened)
        readers = await secrecy.readers(opened)
        left = await secrecy.left_behind(opened)
        use = await sketches.usage(opened) if rules.model else None
    waiting = f"{standing.ready} ready, {standing.dead} given up, oldest due {standing.oldest_due_seconds:.0f} s"
    hint = ". See: conclave outbox list" if standing.dead else ""
    refused = _REFUSED.format(standing.refusal, standing.refused) if standing.refusal else "takes what is sent"
    swept = "has never run: start conclave run or worker" if age is None else f"ran {age:.0f} s ago"
    return [
        Finding("deliveries", standing.dead == 0, f"{waiting}{hint}"),
        Finding("workspace", standing.refusal is None, refused),
        Finding("sweep", True, swept),
        Finding("secrecy", True, told_of_secrecy(ways)),
        Finding("copies of ballots", not copies, "; ".join(copies) or "nothing copies rows of ballots elsewhere"),
        Finding("readers of ballots", True, "; ".join(readers) or _ONLY_THE_OWNER),
        Finding("old ballots", left.is_removed, _LEFT.format(left.waiting) if left.is_removed else _NOT_REMOVED),
        *([_told_of_use(use)] if use else []),
        Finding("database log", not is_telling, _TELLING if is_telling else "keeps what people type to itself"),
    ]


_REFUSED = (
    "Slack answers {}; waiting for that to be mended: {}, none is given up. Whoever administers the workspace or has "
    "installed the app has to: its token, its scopes, the plan, what apps may do there"
)
_ONLY_THE_OWNER = "no login but the owner's, which migrates, and superusers"
_LEFT = "the server removes what publication replaced; {} old row versions wait for it"
_NOT_REMOVED = (
    "autovacuum is off, so ballots that publication replaced stay in the files of the database. Set autovacuum = on "
    "and track_counts = on there"
)
_TELLING = (
    "the server logs parameters of statements, and a page of scores is one. "
    "Set log_parameter_max_length = 0 and log_parameter_max_length_on_error = 0 there; with auto_explain its "
    "log_parameter_max_length = 0 and log_verbose = off, with pgaudit its log_parameter = off; debug_print_plan = off"
)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[db.Db]:
    with database(settings) as url:
        await check_schema(url)
        async with _connected(url) as opened:
            yield opened


@asynccontextmanager
async def _connected(url: str, *, budget_seconds: float = 10) -> AsyncIterator[db.Db]:
    opened = db.connect(url, budget_seconds=budget_seconds)
    try:
        yield opened
    finally:
        await opened.close()


async def given_up(settings: Settings, *, at_most: int) -> list[GivenUp]:
    """Deliveries that were given up, newest first."""
    async with _opened(settings) as opened:
        return await deliveries.given_up(opened, at_most=at_most)


async def retry(settings: Settings, *, ids: Sequence[int]) -> int:
    """Put given-up deliveries (all where none is named) back; returns how many."""
    async with _opened(settings) as opened:
        return await deliveries.retry(opened, ids=ids)


async def teams(settings: Settings) -> list[Used]:
    """Every team with how much of its plan it uses, by name."""
    async with _opened(settings) as opened:
        return await plans.every(opened)


async def team(settings: Settings, name: str) -> Used:
    async with _opened(settings) as opened:
        return await plans.find(opened, one_line(name))


async def set_tier(settings: Settings, name: str, tier: str) -> Used:
    """Raises Invalid where there is no such plan."""
    if tier not in TIERS:
        raise Invalid(f"There is no plan {tier}. Plans are {', '.join(TIERS)}.")
    async with _opened(settings) as opened:
        return await plans.set_tier(opened, one_line(name), tier)


async def rotate_keys(settings: Settings) -> tuple[int, str]:
    """(how many were encrypted anew, what to do with the old keys). Raises StartError where a key is missing."""
    keyring = keyrings.parse(settings.token_keys.get_secret_value())
    async with _opened(settings) as opened:
        found = await installations.rotate_keys(opened, keyring)
        done = found.done + await webhooks.rotate_keys(opened, keyring) + await hooks.rotate_keys(opened, keyring)
        lost = (await webhooks.standing(opened, keyring.ids)).lost
        lost_hooks = await hooks.lost_keys(opened, keyring)
    if found.lost:
        raise StartError(keyrings.told_of_lost(found.lost))
    if lost:
        raise StartError(keyrings.told_of_lost_webhooks(lost))
    if lost_hooks:
        raise StartError(keyrings.told_of_lost_hooks(lost_hooks))
    old = ", ".join(keyring.ids[1:])
    return done, f"Once no process runs without {keyring.newest}, take out {old}." if old else ""


async def forget_key(settings: Settings, key_id: str) -> int:
    """Give up the installations, webhooks and hooks that only this key could open. Raises StartError where it is
    not lost."""
    keyring = keyrings.parse(settings.token_keys.get_secret_value())
    if key_id in keyring.ids:
        raise StartError(f"The key {key_id} is in CONCLAVE_TOKEN_KEYS: it is not lost. Run: conclave keys rotate")
    async with _opened(settings) as opened:
        of_programs = await webhooks.forget_key(opened, key_id) + await hooks.forget_key(opened, key_id)
        return await installations.forget_key(opened, key_id) + of_programs


async def _examine_secrets(settings: Settings, url: str) -> list[Finding]:
    """Whether what webhooks and hooks are signed by can be opened; nothing where no team has any."""
    try:
        keyring = settings.keyring or keyrings.NONE
    except StartError as error:
        return [] if settings.serves_many else [Finding("token keys", False, str(error))]
    async with _connected(url) as opened:
        found, lost = await webhooks.standing(opened, keyring.ids), await hooks.lost_keys(opened, keyring)
    of_hooks = [Finding("hooks", False, keyrings.told_of_lost_hooks(lost))] if lost else []
    return [*_of_webhooks(found), *of_hooks]


def _of_webhooks(found: webhooks.Standing) -> list[Finding]:
    """That one is disabled is its team's to mend; a lost key the operator's."""
    if not found.endpoints:
        return []
    words = f"{found.endpoints} endpoints, {found.disabled} disabled: their owners were told"
    wrong = keyrings.told_of_lost_webhooks(found.lost) if found.lost else ""
    if find_spec("standardwebhooks") is None:
        wrong = "nothing signs them: install the extra web where workers run, pip install 'conclave[web]'"
    return [Finding("webhooks", not wrong, wrong or words)]


async def _examine_installations(settings: Settings, url: str) -> list[Finding]:
    """Who has installed the app: keys, optional scopes and what their want costs, tokens that nothing renews."""
    try:
        keyring = keyrings.parse(settings.token_keys.get_secret_value())
    except StartError as error:
        return [Finding("token keys", False, str(error))]
    async with _connected(url) as opened:
        everyone, lost = await installations.everyone(opened), await installations.lost_keys(opened, keyring)
    words = keyrings.told_of_lost(lost) if lost else f"newest {keyring.newest}"
    names = f"{len(everyone)} have the app installed; others install it at {settings.url}/slack/install"
    found = [Finding("token keys", not lost, words), Finding("workspaces", True, names)]
    return found + [one for installed in everyone for one in _examine_installation(installed)]


def _examine_installation(found: Sealed) -> list[Finding]:
    place = f"{found.team_id or found.enterprise_id} {found.name}"
    costs, ends = without(tuple(found.scopes)), found.expires_at if found.refresh_token is None else None
    again = [Finding(place, False, _ENDS.format(ends))] if ends else []
    return again + ([Finding(place, True, costs)] if costs else [])


_ENDS = "Slack does not renew its token, which ends at {:%F %R} UTC: the app has to be installed there again by then"


async def _examine_slack(settings: Settings) -> list[Finding]:
    """Both tokens, each by the call that a start makes with it."""
    async with slack_session() as session:
        client = client_for(settings, session, token=settings.slack_bot_token.get_secret_value())
        try:
            found = _examine_identity(await client.auth_test())
        except _FROM_SLACK as error:
            found = [Finding("slack", False, why_not(error, settings, variable="SLACK_BOT_TOKEN"))]
        if not settings.is_socket_mode:
            return found
        try:
            await client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
        except _FROM_SLACK as error:
            return [*found, Finding("socket mode", False, why_not(error, settings, variable="SLACK_APP_TOKEN"))]
    return [*found, Finding("socket mode", True, "Slack gives out a connection")]


_FROM_SLACK = (SlackClientError, aiohttp.ClientError, OSError)


def _examine_identity(answer: AsyncSlackResponse) -> list[Finding]:
    found, reading = Finding("slack", True, f"{answer.get('user')} in {answer.get('team')}"), read_slack_time(answer)
    clock = [_examine_clock(reading.wall_ahead_seconds)] if reading else []
    return [found, *clock, *_examine_scopes(answer)]


def _examine_scopes(answer: AsyncSlackResponse) -> list[Finding]:
    """What is done without for want of an optional scope; nothing where Slack does not say which there are."""
    named = str(answer.headers.get("x-oauth-scopes") or "")
    costs = without(tuple(named.split(",")))
    return [Finding("optional scopes", True, costs)] if named and costs else []


def _examine_clock(ahead_seconds: float) -> Finding:
    is_fine = abs(ahead_seconds) < CLOCK_OFF_SECONDS
    words = f"{abs(ahead_seconds):.0f} s {'ahead of' if ahead_seconds > 0 else 'behind'} Slack's"
    return Finding(
        "clock", is_fine, words if is_fine else f"{words}: its requests will be refused. Set this machine's."
    )
