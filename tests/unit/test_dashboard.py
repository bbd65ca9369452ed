"""Dashboard and alerts ask for what /metrics has, with the labels that it has, and the dashboard shows all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import metrics

CONTRIB = Path(__file__).resolve().parents[2] / "contrib"
DASHBOARD: dict[str, Any] = json.loads((CONTRIB / "grafana" / "conclave.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load((CONTRIB / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))[
    "groups"
][0]["rules"]
PANELS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ASKED = [*PANELS, *(rule["expr"] for rule in RULES)]
OF_NOBODY = {"kind", "verdict", "listener", "outcome", "pool", "reason", "state"}
"""All labels that there are: each holds words of ours."""


def exposed() -> Iterator[tuple[str, set[str]]]:
    """(a name that /metrics has, its labels)"""
    for family in metrics.REGISTRY.collect():
        collector: Any = metrics.REGISTRY._names_to_collectors[family.name]
        labels = set(collector._labelnames)
        match family.type:
            case "counter":
                yield f"{family.name}_total", labels
            case "histogram":
                yield from ((f"{family.name}_{end}", {*labels, "le"}) for end in ("bucket", "count", "sum"))
            case _:
                yield family.name, labels


EXPOSED = dict(exposed())


@pytest.mark.parametrize("expr", ASKED)
def test_what_is_asked_for_is_there(expr: str) -> None:
    names = re.findall(r"\bconclave_\w+", expr)
    assert set(names) <= EXPOSED.keys()
    labels = {label.strip() for found in re.findall(r"by \(([^)]*)\)", expr) for label in found.split(",")}
    labels |= set(re.findall(r"[{,]\s*(\w+)\s*=", expr)) - {"job"}
    assert labels <= set().union(*(EXPOSED[name] for name in names)) if names else labels == set()


def test_a_quantile_is_asked_of_buckets_that_go_on_beyond_what_alarms() -> None:
    """A threshold above the largest bucket would never be passed."""
    for rule in RULES:
        asked = re.search(r"histogram_quantile.*?(conclave_\w+)_bucket.* > ([\d.]+)$", rule["expr"])
        if asked:
            histogram: Any = metrics.REGISTRY._names_to_collectors[asked[1]]
            assert float(asked[2]) < histogram._upper_bounds[-2]


def test_the_dashboard_shows_everything_that_is_counted() -> None:
    families = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in EXPOSED}
    shown = {name for expr in PANELS for name in families if re.search(rf"\b{name}(_total|_bucket)?\b", expr)}
    assert shown == families


def test_no_label_names_a_person_a_team_or_a_decision() -> None:
    assert set().union(*EXPOSED.values()) - {"le"} == OF_NOBODY


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in RULES:
        assert rule["alert"].startswith("Conclave")
        assert rule["for"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"].keys() == {"summary", "action"}
