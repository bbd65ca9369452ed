"""What the owner of a webhook is told when nothing goes there any more."""

from bot.domain.webhook import Endpoint, Why
from bot.views.slack import kit, text

WHY = {
    Why.GONE: "It answered 410, which says that nothing is to be sent there any more.",
    Why.EXHAUSTED: "Three events in a row did not get there, each tried for about three days.",
    Why.KEY_LOST: "The key by which its secret lay encrypted is lost. Rotate its secret, then enable it.",
    Why.BY_HAND: "Somebody of your team disabled it.",
}


def disabled(endpoint: Endpoint, *, url: str) -> kit.Message:
    """url: of the web pages, '' where there are none."""
    why = WHY[endpoint.disabled_why or Why.BY_HAND]
    place = f" Enable it under {url}/settings/webhooks/{endpoint.id}" if url else " Enable it on the web pages."
    words = f"The webhook *{text.inline(endpoint.label, 80)}* is disabled: nothing is sent there. {why}{place}"
    return kit.message(words, [kit.section(words)])
