"""Asks the language model that an operator has named, by OpenAI's way of speaking (chat completions).

The only module that knows pydantic-ai, which is loaded by the process that asks, and only where a model is set: it
takes two seconds and 80 MB. No tools are given to the model, so that an answer is all that it can do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.util import find_spec
from typing import Any

from bot.domain.sketch import Answered, Asker, Model, NoAnswer, SummedUp

PREFIXES = ("openai:", "openai-chat:")
NOT_SET = "none is set: types, urgencies and amounts are read by the words alone"
NOT_INSTALLED = (
    "CONCLAVE_MODEL is set, but what asks it is not installed. Install it with: pip install 'conclave[llm]'. "
    "Until then cases are read by their words alone"
)
_NO_SUCH = (
    "CONCLAVE_MODEL has to be openai: and the model's name, for example openai:gpt-5-mini; any service that speaks as "
    "OpenAI's does is reached by CONCLAVE_MODEL_URL. Until then cases are read by their words alone"
)
_NO_KEY = (
    "CONCLAVE_MODEL is set without a key. Set CONCLAVE_MODEL_KEY, or CONCLAVE_MODEL_URL to a service that needs none. "
    "Until then cases are read by their words alone"
)
OPENAI = "https://api.openai.com/v1"
MOST_ANSWER_TOKENS = 2000
LONGEST_WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class Found:
    """What this installation has."""

    asker: Asker | None
    words: str
    """Of its state, for operators."""
    is_fine: bool = True
    """Not where a model is named that cannot be asked."""


def trouble(name: str, *, url: str, key: str) -> str:
    """Why the model that is named cannot be asked, in a sentence; '' where it can. Loads nothing."""
    chosen = _after_prefix(name)
    if not chosen or (url and not url.startswith(("http://", "https://"))):
        return _NO_SUCH
    if find_spec("pydantic_ai") is None or find_spec("openai") is None:
        return NOT_INSTALLED
    return "" if key or url else _NO_KEY


def _after_prefix(name: str) -> str:
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    return name.removeprefix(prefix).strip() if prefix else ""


def find(model: Model | None, name: str, *, url: str, key: str) -> Found:
    """Get ready to ask; whatever is wrong, everything goes on without. model: None where `trouble` has said why."""
    if not name:
        return Found(None, NOT_SET)
    if model is None:
        return Found(None, trouble(name, url=url, key=key), is_fine=False)
    try:
        return Found(_opened(model, url=url, key=key), f"{model.name} at {model.place} reads cases, masked")
    except Exception as error:  # a version that does not fit, a proxy that cannot be read: never in the way of a start
        return Found(None, f"cannot be asked ({type(error).__name__}): cases are read by their words", is_fine=False)


def _opened(model: Model, *, url: str, key: str) -> Asker:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    # No retries of the client's own: each would take the time limit anew, and 429 is the worker's to wait for.
    client = AsyncOpenAI(api_key=key or "none", base_url=url or None, max_retries=0, timeout=model.seconds)
    chat = OpenAIChatModel(_after_prefix(model.name), provider=OpenAIProvider(openai_client=client))
    return Questions(agent(chat), model.seconds, client.close, thread_agent(chat))


def agent(model: Any) -> Any:
    """What is asked of a model of pydantic-ai's about a case."""
    from bot.llm.answer import Answer

    return _agent(model, Answer, "case", "What the case is about.")


def thread_agent(model: Any) -> Any:
    """The same about a thread."""
    from bot.llm.answer import Short

    return _agent(model, Short, "thread", "The thread in short.")


def _agent(model: Any, shape: type[Any], name: str, description: str) -> Any:
    """With the instructions of that name. An answer that does not fit is asked for once more."""
    from pydantic_ai import Agent, NativeOutput

    instructions = resources.files("bot.llm").joinpath(f"{name}.md").read_text(encoding="utf-8")
    settings = {"max_tokens": MOST_ANSWER_TOKENS}
    return Agent(
        model,
        output_type=NativeOutput(shape, name=name, description=description),
        instructions=instructions,
        model_settings=settings,
        retries={"output": 1},
    )


@dataclass(frozen=True)
class Questions:
    agent: Any = field(repr=False)
    seconds: float
    closing: Callable[[], Awaitable[None]] | None = field(default=None, repr=False)
    threads: Any = field(default=None, repr=False)
    """The agent for threads."""

    async def close(self) -> None:
        """Give the connections back."""
        if self.closing:
            await self.closing()

    async def ask(self, text: str) -> Answered:
        said, tokens = await self._run(self.agent, _framed(text, "case"))
        return Answered(said.sketch(), tokens)

    async def sum_up(self, text: str, *, language: str) -> SummedUp:
        said, tokens = await self._run(self.threads, f"Write in {language.capitalize()}.\n{_framed(text, 'thread')}")
        return SummedUp(said.summary, tokens)

    async def _run(self, agent: Any, prompt: str) -> tuple[Any, int]:
        """Raises NoAnswer: whatever went wrong is named by its kind; what the service says may quote the text."""
        from pydantic_ai.usage import RunUsage, UsageLimits

        usage = RunUsage()
        # Not by tokens: it would warn of services that do not tell, and the text and the answer have a length anyway.
        limits = UsageLimits(request_limit=2)
        try:
            async with asyncio.timeout(self.seconds):
                ran = await agent.run(prompt, usage=usage, usage_limits=limits)
        except Exception as error:
            raise _no_answer(error, usage.total_tokens) from None
        return ran.output, usage.total_tokens


def _framed(text: str, mark: str) -> str:
    """Between marks that nothing in the text can end."""
    return f"<{mark}>\n{text.replace('<', '(').replace('>', ')')}\n</{mark}>"


def _no_answer(error: Exception, tokens: int) -> NoAnswer:
    from pydantic_ai import exceptions as known

    if isinstance(error, known.ModelRateLimitError):
        after = min(error.retry_after or 30.0, LONGEST_WAIT_SECONDS)
        return NoAnswer("rate limited", tokens=tokens, again_after=after, may_pass=True)
    for kind, (reason, may_pass) in _kinds(known).items():
        if isinstance(error, kind):
            return NoAnswer(reason, tokens=tokens, may_pass=may_pass)
    return NoAnswer(type(error).__name__, tokens=tokens)


def _kinds(known: Any) -> Mapping[type[Exception], tuple[str, bool]]:
    """Kind of error -> what operators read, and whether it may pass; the first that fits."""
    return {
        known.ModelTimeoutError: ("timeout", True),
        TimeoutError: ("timeout", True),
        known.ModelConnectionError: ("no connection", True),
        known.ModelQuotaExceededError: ("the account's quota is used up", False),
        known.ModelUnavailableError: ("the service failed", True),
        known.ModelServerError: ("the service failed", True),
        known.ModelAuthenticationError: ("the key is refused", False),
        known.ModelNotFoundError: ("there is no such model", False),
        known.ModelRequestRejectedError: ("the service refused the question", False),
        known.UnexpectedModelBehavior: ("an answer that does not fit", False),
    }
