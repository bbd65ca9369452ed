"""The `conclave` command. Heavy imports live inside the commands, so that `--help` answers at once."""

import asyncio
import gc
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import erasure, keys, loading, team
from bot.cli.terminal import complain, print_line, sentences, settings, told

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.embedded import EmbeddedServer

cli = typer.Typer(
    help="Customer decisions, made together in Slack, scored in secret.",
    no_args_is_help=True,
    add_completion=False,
    # Rich's tracebacks print local variables, and a local variable may hold a ballot.
    pretty_exceptions_enable=False,
)
cli.add_typer(team.cli, name="team")
cli.add_typer(erasure.cli, name="erase")
cli.add_typer(keys.commands(settings, sentences, print_line), name="keys")
DEMO_PORT = 8300


def main() -> None:
    cli()


@cli.command()
def run() -> None:
    """Everything in one process: Slack's requests, deliveries, nudges and closing times."""
    _serve(does_web=True, does_work=True)


@cli.command()
def web() -> None:
    """Slack's requests only; the rest is a worker's."""
    _serve(does_web=True, does_work=False)


@cli.command()
def worker() -> None:
    """Deliveries, nudges and closing times only; the port serves the health pages and metrics."""
    _serve(does_web=False, does_work=True)


def _serve(*, does_web: bool, does_work: bool) -> None:
    gc.disable()  # until `app.serve`: a start leaves no garbage, and looking for some takes a seventh of its time
    loading.leave_out()
    from bot import log, reports, tracing

    with sentences():
        set_to = settings()
        with (
            reports.sending(set_to.sentry_dsn.get_secret_value()) as report,
            tracing.exporting(set_to.otlp_url.get_secret_value()),
        ):
            log.configure(set_to.log_level, report)
            _run(set_to, does_web=does_web, does_work=does_work)


def _run(set_to: "Settings", *, does_web: bool, does_work: bool) -> None:
    import uvloop

    from bot import app
    from bot.cli import operations

    with operations.served_database(set_to) as (url, keep_up):
        serving = app.serve(set_to, database_url=url, does_web=does_web, does_work=does_work, keep_up=keep_up)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving)


@cli.command()
def route(
    file: Annotated[Path, typer.Argument(metavar="CELLS.toml", help="Cells and their workspaces; docs/cells.md.")],
) -> None:
    """Hand Slack's requests on to the deployment of their workspace, where several share one Slack app."""
    from bot import log
    from bot.cli import routing

    with sentences():
        set_to = settings()
        log.configure(set_to.log_level)
        asyncio.run(routing.route(set_to, file))


@cli.command()
def migrate(
    expand: Annotated[
        bool, typer.Option("--expand", help="Only add: processes of the release before go on running. UPGRADING.md")
    ] = False,
    contract: Annotated[
        bool, typer.Option("--contract", help="Only take away what older processes used, once there are none.")
    ] = False,
) -> None:
    """Bring the database's schema up to date, and let the service's login in."""
    from bot.cli import operations

    if expand and contract:
        raise typer.BadParameter("Without either, conclave migrate does both.")
    with sentences():
        print_line(operations.migrate_by_halves(settings(), expand=expand, contract=contract))


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; there must be none of that name.")],
    with_open_ballots: Annotated[
        bool,
        typer.Option(
            "--with-open-ballots",
            help="Also who scored what in rounds that are not published: whoever has the file can read it. Without, "
            "those people are asked to score again after a restore.",
        ),
    ] = False,
) -> None:
    """Write all that the database holds into one file, without the scores of rounds that are not published."""
    from bot.cli import safekeeping

    with sentences():
        print_line(safekeeping.back_up(settings(), file, with_open_ballots=with_open_ballots))


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `conclave backup` has written.")],
) -> None:
    """Put a backup into an empty database. Nothing that was on its way is sent again."""
    from bot.cli import safekeeping

    with sentences():
        print_line(safekeeping.restore(settings(), file))


@cli.command()
def doctor() -> None:
    """Check settings, database and Slack, and say how to mend what is wrong. Exit 1 where something is."""
    from bot import log
    from bot.cli import operations

    with sentences():
        set_to = settings()
        log.configure("ERROR")
        findings = asyncio.run(operations.examine(set_to))
        for finding in findings:
            print_line(f"{'ok  ' if finding.is_fine else 'FAIL'}  {finding.subject}: {finding.words}")
        raise typer.Exit(0 if all(f.is_fine for f in findings) else 1)


outbox = typer.Typer(help="Deliveries that were given up: look at them, try them again.", no_args_is_help=True)
cli.add_typer(outbox, name="outbox")


@outbox.command("list")
def list_given_up(
    at_most: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 50,
) -> None:
    """Deliveries that were given up, with Slack's name for the reason. Never their content."""
    from bot.cli import operations

    with sentences():
        found = asyncio.run(operations.given_up(settings(), at_most=at_most))
        for row in found:
            why = f"{row.error}  after {row.attempts} attempts, {row.at:%F %T} UTC"
            print_line(f"{row.id}  {row.kind}  {row.lane}  {why}")
        print_line(f"{len(found)} given up." if found else "Nothing was given up.")


@outbox.command("retry")
def retry_given_up(
    ids: Annotated[list[int] | None, typer.Argument(help="Numbers from `conclave outbox list`; all without.")] = None,
) -> None:
    """Put deliveries that were given up back into their lanes."""
    from bot.cli import operations

    with sentences():
        print_line(f"{asyncio.run(operations.retry(settings(), ids=ids or []))} put back.")


@cli.command()
def verify(
    number: Annotated[int, typer.Argument(help="The decision's number, as in #42.")],
    team: Annotated[str | None, typer.Option(help="The team's name, where there are several.")] = None,
) -> None:
    """Check that published scores lie sealed and fit the result. Exit 0 they do, 1 not, 2 nothing published."""
    from bot.cli import operations, verdict

    with sentences():
        found = asyncio.run(operations.verify(settings(), number=number, team=team))
        print_line(f"#{number}: {verdict.in_words(found)}")
        raise typer.Exit(verdict.exit_code(found))


@cli.command()
def export(
    team: Annotated[str | None, typer.Option(help="The team's name, where there are several.")] = None,
    output: Annotated[Path | None, typer.Option(help="The file to write; standard output without.")] = None,
) -> None:
    """A team's decisions with published results and outcomes, as CSV. Nothing about ballots."""
    from bot.cli import operations

    with sentences():
        table = asyncio.run(operations.export(settings(), team=team))
    # Bytes as they are: no line end translated, no code page of the terminal.
    if output is None:
        sys.stdout.buffer.write(table)
        return
    try:
        output.write_bytes(table)
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written ({error.strerror}).") from None


@cli.command()
def rank(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Cases as JSON; docs/examples/refund.json is one.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="The full results, unrounded: one line of JSON each.")
    ] = False,
) -> None:
    """Try the method on old cases, without Slack and database. Exit 1 where a file is faulty."""
    from bot.cli import casefile, casereport
    from bot.errors import BotError

    faulty = False
    for file in files:
        name = str(file) if len(files) > 1 else None
        try:
            report = casereport.analyse_case(casefile.read(file))
        except BotError as error:  # not `sentences`: it imports the whole bot, which takes a second
            faulty = True
            complain(error)
            continue
        if as_json:
            sys.stdout.write(f"{report.as_json(file=name)}\n")
            continue
        if name:
            print_line(name)
        report.write(sys.stdout)
    raise typer.Exit(1 if faulty else 0)


@cli.command()
def classify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='Texts as JSON, one {"text": "..."} a line.')],
    history: Annotated[
        Path | None, typer.Option(help='Decided cases to learn from, one {"text": "...", "type": "..."} a line.')
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each text.")] = False,
) -> None:
    """Say what customers' texts are about, without Slack and database. Exit 1 where a line is faulty."""
    from bot import lexicon
    from bot.cli import textfile
    from bot.errors import BotError

    with told(BotError):  # not `sentences`: it imports the whole bot, which takes a second
        texts = textfile.texts(file)
        classifier = lexicon.authored().taught(textfile.cases(history) if history else [])
    for text in texts:
        reading = classifier.read(text)
        sys.stdout.write(f"{textfile.as_json(reading) if as_json else textfile.as_row(reading, text)}\n")


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the local Slack.")] = DEMO_PORT,
    script: Annotated[bool, typer.Option("--script", help="Play one whole decision unattended, then exit.")] = False,
    socket: Annotated[bool, typer.Option("--socket", help="Socket Mode instead of HTTP.")] = False,
) -> None:
    """Try Conclave without Slack: a local one, an embedded database, a sample team."""
    _need_sandbox()
    from bot.cli import operations
    from bot.demo import demo as demos
    from bot.demo import sample
    from bot.demo.techcorp import techcorp

    if not script and port:
        print_line(f"Conclave's demo, in a few seconds at http://127.0.0.1:{port}")
    with sentences(), _demo_database(is_fresh=script) as server:
        spec = techcorp()
        sample.load(server.service_url, workspace_id=spec.team_id, domain=spec.domain)
        code = asyncio.run(
            demos.demo(
                bot_command=[sys.executable, "-m", "bot"],
                database_url=server.service_url,
                owner_url=server.url,
                port=0 if script else port,
                script=script,
                mode="socket" if socket else "http",
                out=print_line,
                keep_up=lambda: operations.keep_up(server),
            )
        )
    raise typer.Exit(code)


@contextmanager
def _demo_database(*, is_fresh: bool) -> Iterator["EmbeddedServer"]:
    """The embedded database, apart from a real installation's; for the script a new one every time."""
    from bot import embedded
    from bot.cli import operations

    if not is_fresh:
        with operations.embedded_database((settings().data_dir or embedded.default_data_dir()) / "demo") as server:
            yield server
        return
    with tempfile.TemporaryDirectory(prefix="conclave-demo-") as place:
        # As root the database runs as a user of its own, who has to pass.
        Path(place).chmod(0o755)
        with operations.embedded_database(Path(place) / "data") as server:
            yield server


@cli.command("sandbox")
def sandbox_alone(
    file: Annotated[Path, typer.Argument(help="YAML: people, channels, the app's commands, tokens, mode.")],
    port: Annotated[int, typer.Option(help="Port of the local Slack.")] = DEMO_PORT,
) -> None:
    """A local Slack for any Bolt app, described by a small YAML file. See sandbox/README.md."""
    _need_sandbox()
    from sandbox import description
    from sandbox.server import serve

    try:
        found = description.read(file)
        serve(
            found.spec,
            ready=lambda sandbox: print_line(description.how_to_connect(found, url=sandbox.url)),
            bot_url=found.bot_url,
            mode=found.mode,
            port=port,
        )
    except description.BadDescription as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        raise typer.BadParameter(f"Port {port} cannot be used ({error.strerror}). Choose another one.") from None


@cli.command("as")
def act(
    person: Annotated[str, typer.Argument(help="sarah, mike, lisa, tom, ana or eve.")],
    words: Annotated[
        list[str] | None, typer.Argument(help='For example "/decide refund for ABC", or click Score.')
    ] = None,
    later: Annotated[str, typer.Option(help="Move the demo's clock before, for everybody: 1h, 1d, 1d12h.")] = "",
    port: Annotated[int, typer.Option(help="Port of the local Slack.")] = DEMO_PORT,
) -> None:
    """Act as a person of the running demo, and print what they see then."""
    _need_sandbox()
    from sandbox.people import CannotDo
    from sandbox.speak import speak

    with told(CannotDo):
        url, said = f"http://127.0.0.1:{port}", " ".join(words or [])
        print_line(asyncio.run(speak(url, person, said, later=later, start_with="conclave demo")))


def _need_sandbox() -> None:
    """Say how to install the sandbox where it, or what only it needs, is missing; exit 1."""
    if not all(find_spec(name) for name in ("sandbox", "wsproto", "yaml")):
        complain("The local Slack is not installed. Install it with: pip install 'conclave[sandbox]'")
        raise typer.Exit(1)


@cli.command()
def precedents(
    file: Annotated[Path, typer.Argument(help='A case as JSON: {"text": "...", "type": "refund_request"}.')],
    history: Annotated[Path, typer.Option(help="Decided cases, a JSON object a line: id, text, type, choice.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON: ids and scores, best first.")] = False,
) -> None:
    """Which decided cases are like one case; without Slack and database. Exit 1 where a file is faulty."""
    from bot.cli import precedentfile
    from bot.errors import Invalid
    from bot.semantic import embedder

    with told(Invalid):
        query, lines = precedentfile.read_query(file), precedentfile.read_history(history)
        found = precedentfile.History(lines, embedder.find().embedder).search(query)
        if as_json:
            sys.stdout.write(json.dumps([{"id": id_, "score": score} for id_, score in found]) + "\n")
            return
        known = {line.id: line for line in lines}
        for id_, score in found[:10]:
            print_line(f"{score:.2f}  {id_}  {known[id_].choice}  {precedentfile.cut(known[id_].text)}")
        print_line(f"{len(found)} found." if found else "Nothing similar yet.")
