"""How fast Conclave is, beside other bots and beside what is possible at all: `python -m benchmarks`.

Everything runs here: PostgreSQL, the product as an operator starts it, its peers, those who press. Needs a checkout
and, for all of the table, node with npm, and openssl. What this machine's other work takes, it takes from both sides of
a ratio: read the ratios. Exits with 1 where a number is below its "must", or where its contender was skipped.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import contender as contenders
from benchmarks.bench import FULL, QUICK, Bench, Effort, machine
from benchmarks.goals import BY_KEY
from benchmarks.ground import ground
from benchmarks.measures import bursts, growth, inside, outbound, requests, starting
from benchmarks.report import HEAD, Found, as_json, is_below_must, markdown, rows

FAMILIES = (requests, bursts, inside, starting, outbound, growth)
WIDE = 160
OWN = "rows"
"""What the run finds on its own way."""
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_BEGINS, _ENDS = "<!-- made by python -m benchmarks --write -->\n", "<!-- until here -->\n"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    if asked.write:
        write(asked.write, DOCUMENT)
        return 0
    report, found = asyncio.run(_run(asked))
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(_table(found))
    for note in report["notes"]:
        console.print(f"- {note}", highlight=False)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(is_below_must(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--quick", action="store_true", help="3 short rounds, ten times the data (the default)")
    modes.add_argument("--full", action="store_true", help="7 rounds, a hundred times the data: most of an hour, 8 GB")
    parser.add_argument("--only", type=_keys, default=frozenset(BY_KEY) - {OWN}, help="some of them: P1,P6")
    parser.add_argument("--json", type=Path, help="where all numbers of all rounds go")
    parser.add_argument("--write", type=Path, metavar="JSON", help="its table into docs/performance.md")
    parser.add_argument("--rounds", type=int, help="another number of rounds")
    parser.add_argument("--people", type=int, help="another number of people than 200")
    parser.add_argument("--seconds", type=float, help="of load for each contender in each round")
    parser.add_argument("--offline", action="store_true", help="install nothing; what is missing is skipped")
    return parser


def _keys(said: str) -> frozenset[str]:
    keys = frozenset(said.split(","))
    if unknown := keys - BY_KEY.keys():
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(BY_KEY)}")
    return keys


def _effort(asked: argparse.Namespace) -> Effort:
    more = {name: getattr(asked, name) for name in ("rounds", "people", "seconds") if getattr(asked, name)}
    return replace(FULL if asked.full else QUICK, **more)


async def _run(asked: argparse.Namespace) -> tuple[dict[str, Any], list[Found]]:
    before = machine()
    found: list[Found] = []
    with _place() as place:
        families = [family for family in FAMILIES if asked.only.intersection(family.KEYS)]
        with _progress() as progress:
            task = progress.add_task("what is compared is installed", total=len(families))
            if not asked.offline:
                contenders.install()
            progress.update(task, description="a database is made")
            async with AsyncExitStack() as stack:
                made = stack.enter_context(ground(place))
                bench = Bench(
                    _effort(asked), asked.only, made, stack, lambda what: progress.update(task, description=what)
                )
                for family in families:
                    found += await family.measure(bench)
                    progress.advance(task)
    if bench.answers:
        found.append(Found(OWN, (float(bench.wrong),)))
        bench.notes.append(f"{bench.answers} answers, each looked up in the database.")
    around = {**before, "load_after": machine()["load"]}
    return as_json(found, effort=asdict(_effort(asked)), machine=around, notes=bench.notes), found


@contextmanager
def _place() -> Iterator[Path]:
    """A directory that the server may pass, which as root runs as another user."""
    with tempfile.TemporaryDirectory(prefix="conclave-benchmark-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def _progress() -> Progress:
    """On stderr; without a terminal, no bar."""
    console = Console(stderr=True)
    columns = (BarColumn(bar_width=20), TimeElapsedColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=console, transient=True, refresh_per_second=2, disable=not console.is_terminal)


def _table(found: Sequence[Found]) -> Table:
    table = Table(*HEAD)
    for row in rows(found):
        table.add_row(*row)
    return table


def write(source: Path, document: Path) -> None:
    """Put the table between its two marks; all around it is written by hand."""
    report = json.loads(source.read_text(encoding="utf-8"))
    before, _, rest = document.read_text(encoding="utf-8").partition(_BEGINS)
    _, _, after = rest.partition(_ENDS)
    effort, on = report["effort"], report["machine"]
    about = (
        f"{effort['rounds']} rounds, {effort['people']} people, big databases of {effort['big']:,}; "
        f"{on['cores']} cores, load {on['load'][0]:g} before and {on['load_after'][0]:g} after.\n\n"
    )
    document.write_text(f"{before}{_BEGINS}\n{about}{markdown(report)}\n{_ENDS}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
