"""What the five people of the story think: a script's own numbers, which only the script may show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.demo.story.opening import CREDIT, FREE, REFUND

CRITERIA = ("Customer trust", "Cost", "Fairness", "Speed")
"""As the scoring window calls them."""


@dataclass(frozen=True)
class Opinion:
    """scores: per criterion those of credit, refund, free months, or None = cannot judge it."""

    scores: tuple[tuple[int, int, int] | None, ...]
    sure: int
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def skipped(self) -> list[str]:
        return [name for name, scores in zip(CRITERIA, self.scores, strict=True) if scores is None]

    def typed(self) -> dict[str, object]:
        """What to fill in of it all."""
        filled: dict[str, object] = {}
        for name, scores in zip(CRITERIA, self.scores, strict=True):
            filled |= self.typed_about(name, scores) if scores else {}
        return filled | {f"Comment on {option}": comment for option, comment in self.comments.items()}

    def typed_about(self, name: str, scores: tuple[int, int, int]) -> dict[str, object]:
        options = {f"{o} · {name}": str(score) for o, score in zip((CREDIT, REFUND, FREE), scores, strict=True)}
        return {**options, f"How sure are you about {name}?": str(self.sure)}


OPINIONS = {
    "sarah": Opinion(
        ((8, 7, 9), (8, 5, 2), (9, 6, 3), (9, 7, 6)),
        sure=4,
        comments={CREDIT: "They told me on the phone that credit is fine for them."},
    ),
    "mike": Opinion(
        ((6, 9, 9), (7, 4, 1), (7, 8, 4), (8, 8, 5)),
        sure=5,
        comments={REFUND: "Clean and final, nobody has to explain anything."},
    ),
    "lisa": Opinion(((8, 7, 8), (9, 4, 2), None, (8, 6, 5)), sure=3),
    "tom": Opinion(((5, 7, 10), (6, 5, 3), (6, 7, 6), (7, 7, 8)), sure=4),
    "ana": Opinion(
        ((7, 8, 8), (8, 3, 1), (8, 6, 3), (9, 6, 4)),
        sure=4,
        comments={FREE: "Every other customer of that outage will ask for the same."},
    ),
}
TOM_AGAIN = Opinion(((7, 7, 9), (8, 5, 2), (7, 7, 4), (8, 7, 6)), sure=4)
