"""The shape that an answer of the model has to have; anything else is no answer."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.sketch import Sketch

Type = Literal[
    "refund_request",
    "billing_dispute",
    "service_escalation",
    "policy_exception",
    "contract_modification",
    "churn_prevention",
]
Tag = Literal[
    "legal", "press", "outage", "data", "safety", "repeated", "cancellation", "payment", "delivery", "quality"
]


class Answer(BaseModel):
    """As bot/llm/case.md asks for it. `checked` of the domain then bounds what it says."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: Type | None = None
    urgency: int | None = Field(default=None, ge=1, le=5)
    tags: list[Tag] = Field(default_factory=list, max_length=10)
    options: list[str] = Field(default_factory=list, max_length=10)
    summary: str = Field(default="", max_length=2000)

    def sketch(self) -> Sketch:
        return Sketch(self.type, self.urgency, tuple(self.tags), tuple(self.options), self.summary)


class Short(BaseModel):
    """As bot/llm/thread.md asks for it."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    summary: str = Field(max_length=2000)
