"""The file that says which cell serves which workspace, and which workspace a payload is meant for."""

from pathlib import Path

import pytest

from bot.cells import atlas
from bot.cells.atlas import Atlas, Place, place_of
from bot.errors import StartError

ATLAS = Atlas({"one": "http://one", "two": "http://two"}, {"T1": "one", "E1": "two"})


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"command": "/decide", "team_id": "T1", "enterprise_id": "E1"}, Place("T1", "E1")),
        ({"command": "/decide", "team_id": "T1"}, Place("T1", None)),
        ({"type": "block_actions", "team": {"id": "T1", "enterprise_id": "E1"}, "enterprise": None}, Place("T1", None)),
        ({"type": "view_submission", "team": None, "enterprise": {"id": "E1", "name": "x"}}, Place(None, "E1")),
        ({"type": "event_callback", "team_id": "T1"}, Place("T1", None)),
        # In a channel of two companies the event's own team is not whose app it is.
        (
            {
                "type": "event_callback",
                "team_id": "T9",
                "authorizations": [{"team_id": "T1", "enterprise_id": None, "is_bot": True}],
            },
            Place("T1", None),
        ),
        ({"type": "event_callback", "team_id": "T1", "authorizations": []}, Place("T1", None)),
        ({"command": "/decide", "team_id": 7, "enterprise_id": ["E1"]}, Place(None, None)),
        ({"type": "block_actions", "team": "T1"}, Place(None, None)),
        ({}, Place(None, None)),
    ],
)
def test_a_payload_is_meant_for_the_installation_that_it_names(payload: dict[str, object], place: Place) -> None:
    assert place_of(payload) == place


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        (Place("T1", "E1"), "one"),
        (Place("T2", "E1"), "two"),
        (Place(None, "E1"), "two"),
        (Place("T2", "E2"), None),
        (Place(None, None), None),
    ],
)
def test_a_workspaces_own_line_goes_before_that_of_its_organisation(place: Place, cell: str | None) -> None:
    assert ATLAS.cell_of(place) == cell


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[cells", "is no TOML"),
        ("", "There is no cell."),
        ("cells = 3", "needs the tables [cells] and [workspaces]."),
        ('[cells]\none = "10.0.0.1:3000"', "The cell one needs an address such as http://10.0.0.1:3000."),
        ('[cells]\none = "http://one:port"', "The cell one needs an address"),
        ('[cells]\none = "http://one/path"', "The cell one needs an address"),
        ("[cells]\none = 3000", "The cell one needs an address"),
        ('[cells]\none = "http://one"\n[workspaces]\nT1 = "two"', "T1 is in two, which is no cell."),
        ('[cells]\none = "http://one"\n[workspaces]\ntechcorp = "one"', "techcorp is no id of a workspace"),
        ('[cells]\none = "http://one"\n[workspaces]\nT1 = ["one"]', "T1 is in ['one'], which is no cell."),
    ],
)
def test_a_faulty_file_is_refused_by_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "cells.toml"
    file.write_text(text)
    with pytest.raises(StartError) as refused:
        atlas.read(file)
    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_refused_by_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        atlas.read(tmp_path / "cells.toml")


def test_a_workspace_that_is_in_another_cell_than_before_has_moved() -> None:
    later = Atlas(ATLAS.cells, {"T1": "two", "T2": "one"})
    assert later.moved_from(ATLAS) == ["T1"]
