"""A view as lines of text, for snapshots that a person can read."""

from typing import Any


def lines_of(shown: dict[str, Any]) -> list[str]:
    """Every block on a line or more; [ Button ], with * for primary and ! for danger."""
    top = [f"text: {shown['text']}"] if "text" in shown else [f"{shown['title']['text']} ({shown['callback_id']})"]
    body = [line for block in shown["blocks"] for line in _block(block)]
    return top + body + ([f"{{ {shown['submit']['text']} }}"] if "submit" in shown else [])


def _block(block: dict[str, Any]) -> list[str]:
    match block["type"]:
        case "header":
            return [f"# {block['text']['text']}"]
        case "section" if "fields" in block:
            return [f"| {field['text']}".replace("\n", " ") for field in block["fields"]]
        case "section" | "alert":
            accessory = [_element(block["accessory"])] if "accessory" in block else []
            return [*block["text"]["text"].split("\n"), *accessory]
        case "context":
            return [f"~ {element['text']}" for element in block["elements"]]
        case "actions":
            return [" ".join(map(_element, block["elements"]))]
        case "input":
            return [
                f"{block['label']['text']}: {_element(block['element'])}{'' if block['optional'] else ' (required)'}"
            ]
        case "table":
            return [" | ".join(cell["text"] for cell in row) for row in block["rows"]]
        case "data_visualization":
            (series,) = block["chart"]["series"]
            points = ", ".join(f"{point['label']} {point['value']}" for point in series["data"])
            return [f"[chart] {block['title']}: {points}"]
    return ["---"]


def _element(element: dict[str, Any]) -> str:
    if element["type"] == "button":
        mark = {"primary": "*", "danger": "!"}.get(element.get("style", ""), "")
        return f"[ {element['text']['text']}{mark} ]"
    chosen = element.get("initial_option", {}).get("text", {}).get("text", "")
    return f"<{element['type']}{' ' if chosen else ''}{chosen}>"
