"""Owns what an app is granted: codes, bot tokens with and without an end, refresh tokens that work once. No HTTP."""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.inputs import Json
from sandbox.modals import Refused

CODE_SECONDS = 600
TOKEN_SECONDS = 43_200


@dataclass(frozen=True)
class AppSpec:
    """The app as its developer has registered it. rotates: whether token rotation is turned on."""

    client_id: str = "111.222"
    client_secret: str = "sandbox-client-secret"
    signing_secret: str = "sandbox-signing-secret"
    app_id: str = "A0CONCLAVE"
    rotates: bool = False


@dataclass(frozen=True)
class Place:
    """Where the app is installed: a workspace, or an organisation as a whole (`team_id` None)."""

    enterprise_id: str | None
    team_id: str | None
    name: str
    bot_user_id: str

    @property
    def id(self) -> str:
        return self.team_id or self.enterprise_id or ""


@dataclass
class Token:
    place: Place
    scopes: tuple[str, ...]
    user: str
    ends: float | None
    state: Literal["live", "revoked"] = "live"


@dataclass
class _Code:
    place: Place
    scopes: tuple[str, ...]
    user: str
    redirect_uri: str
    ends: float
    used: bool = False


@dataclass
class Consents:
    """Everything granted to one app. time: the clock, in seconds since 1970."""

    app: AppSpec
    time: Callable[[], float]
    tokens: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    """Refresh token that nobody has used -> its bot token."""
    spent: Counter[str] = field(default_factory=Counter)
    """How often each refresh token was shown here."""
    codes: dict[str, _Code] = field(default_factory=dict)

    def grant_code(self, place: Place, *, scopes: tuple[str, ...], user: str, redirect_uri: str) -> str:
        code = f"code.{secrets.token_hex(12)}"
        self.codes[code] = _Code(place, scopes, user, redirect_uri, self.time() + CODE_SECONDS)
        return code

    def access(self, arguments: Json, *, client_id: str, client_secret: str) -> Json:
        """`oauth.v2.access`. Raises Refused."""
        if client_id != self.app.client_id:
            raise Refused("invalid_client_id")
        if client_secret != self.app.client_secret:
            raise Refused("bad_client_secret")
        if arguments.get("grant_type") == "refresh_token":
            return self._renewed(str(arguments.get("refresh_token")))
        return self._exchanged(str(arguments.get("code")), str(arguments.get("redirect_uri")))

    def _exchanged(self, code: str, redirect_uri: str) -> Json:
        found = self.codes.get(code)
        if found is None or found.ends < self.time():
            raise Refused("invalid_code")
        if found.used:
            raise Refused("code_already_used")
        if found.redirect_uri != redirect_uri:
            raise Refused("bad_redirect_uri")
        found.used = True
        return self._granted(found.place, found.scopes, found.user)

    def _renewed(self, refresh_token: str) -> Json:
        """The old bot token goes on working until it ends."""
        self.spent[refresh_token] += 1
        old = self.refresh.pop(refresh_token, None)
        token = self.tokens.get(old or "")
        if token is None or token.state != "live":
            raise Refused("invalid_refresh_token")
        return self._granted(token.place, token.scopes, token.user)

    def _granted(self, place: Place, scopes: tuple[str, ...], user: str) -> Json:
        prefix = "xoxe.xoxb-1-" if self.app.rotates else "xoxb-"
        bot_token = f"{prefix}{place.id}-{secrets.token_hex(12)}"
        self.tokens[bot_token] = Token(place, scopes, user, self.time() + TOKEN_SECONDS if self.app.rotates else None)
        is_org = place.team_id is None
        answer: Json = {
            "app_id": self.app.app_id,
            "authed_user": {"id": user},
            "scope": ",".join(scopes),
            "token_type": "bot",
            "access_token": bot_token,
            "bot_user_id": place.bot_user_id,
            "team": None if is_org else {"id": place.team_id, "name": place.name},
            "enterprise": {"id": place.enterprise_id, "name": place.name} if place.enterprise_id else None,
            "is_enterprise_install": is_org,
        }
        if self.app.rotates:
            refresh_token = f"xoxe-1-{secrets.token_hex(16)}"
            self.refresh[refresh_token] = bot_token
            answer |= {"refresh_token": refresh_token, "expires_in": TOKEN_SECONDS}
        return answer

    def check(self, bot_token: str) -> Token:
        """Raises Refused where the token does not work, as Slack names it."""
        found = self.tokens.get(bot_token)
        if found is None:
            raise Refused("invalid_auth")
        if found.state == "revoked":
            raise Refused("token_revoked")
        if found.ends is not None and found.ends < self.time():
            raise Refused("token_expired")
        return found

    def revoke(self, place: Place) -> None:
        """All tokens of a place."""
        for token in self.tokens.values():
            if token.place.id == place.id:
                token.state = "revoked"
