"""Owns whose page it is, and which addresses may be followed from it."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from sandbox.mrkdwn import Reader

_SCHEMES = ("http", "https", "mailto", "tel")
PRIVATE_USE = re.compile("[\ue000\ue001]")
"""Characters that stand for finished pieces of HTML while a line is drawn; nobody else's text may hold them."""


@dataclass(frozen=True)
class Eyes:
    """Whose page it is. Links of the workspace's own domain lead to its messages here.

    reader: names and zone; handle: as in the page's address; domain: as in Slack's permalinks.
    """

    reader: Reader = field(default_factory=Reader)
    handle: str = ""
    user: str = ""
    domain: str = ""

    def href(self, url: object) -> str | None:
        """Return an address that is safe to follow, None for any other (javascript:, data:, relative ones)."""
        try:
            parts = urlsplit(str(url).strip())
        except ValueError:
            return None
        if parts.scheme.lower() not in _SCHEMES or PRIVATE_USE.search(str(url)):
            return None
        return self._own(parts.netloc, parts.path) or str(url).strip()

    def image(self, url: object) -> str | None:
        found = self.href(url)
        return found if found and found.startswith(("http://", "https://")) else None

    def _own(self, host: str, path: str) -> str | None:
        steps = path.strip("/").split("/")
        if not self.domain or host != f"{self.domain}.slack.com" or len(steps) != 3 or steps[0] != "archives":
            return None
        digits = steps[2].lstrip("p")
        return f"/as/{quote(self.handle)}/{quote(steps[1])}#m{digits[:-6]}.{digits[-6:]}"

    def link(self, url: object, words: Markup) -> Markup:
        href = self.href(url)
        if href is None:
            return words
        if href.startswith("/"):
            return Markup('<a href="{}">{}</a>').format(href, words)
        return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(href, words)
