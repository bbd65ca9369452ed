"""All settings, frozen; the only reader of the environment."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot import keyring as keyrings
from bot import rulebook
from bot.domain.by import Rules
from bot.domain.sketch import Model
from bot.keyring import Keyring
from bot.llm import asking

SLACK_API = "https://slack.com/api/"
_URL = "the address of the web pages, https://... without a path; http:// only on this very machine"
_ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_SECRET_DIRS = [
    place for place in (os.environ.get("CREDENTIALS_DIRECTORY"), "/run/secrets") if place and Path(place).is_dir()
]
"""Where systemd and container engines put secrets: files, each named like its variable. The environment goes first."""


class Settings(BaseSettings):
    """What an operator sets. Secrets never show in a repr."""

    model_config = SettingsConfigDict(
        frozen=True, env_file=".env", secrets_dir=_SECRET_DIRS, extra="ignore", hide_input_in_errors=True
    )

    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    slack_api_url: str = SLACK_API
    database_url: SecretStr = SecretStr("")
    direct_database_url: SecretStr = SecretStr("")
    migration_database_url: SecretStr = SecretStr("")
    port: int = Field(default=3000, ge=0, le=65535, description="a whole number from 0 to 65535")
    host: str = Field(default="0.0.0.0", alias="CONCLAVE_HOST")
    data_dir: Path | None = Field(default=None, alias="CONCLAVE_DATA_DIR")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", alias="CONCLAVE_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR"
    )

    token_keys: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_TOKEN_KEYS")
    metrics_token: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_METRICS_TOKEN")
    sentry_dsn: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_SENTRY_DSN")
    otlp_url: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_OTLP_URL")
    email_url: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_EMAIL_URL")
    sms_url: SecretStr = Field(default=SecretStr(""), alias="CONCLAVE_SMS_URL")
    model: str = Field(default="", alias="CONCLAVE_MODEL")
    model_url: str = Field(
        default="",
        alias="CONCLAVE_MODEL_URL",
        validation_alias=AliasChoices("CONCLAVE_MODEL_URL", "OPENAI_BASE_URL"),
    )
    model_key: SecretStr = Field(
        default=SecretStr(""),
        alias="CONCLAVE_MODEL_KEY",
        validation_alias=AliasChoices("CONCLAVE_MODEL_KEY", "OPENAI_API_KEY"),
    )
    tick_seconds: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        alias="CONCLAVE_TICK_SECONDS",
        description="a number of seconds above 0, at most 3600",
    )

    url: str = Field(default="", alias="CONCLAVE_URL", description=_URL)
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(), alias="CONCLAVE_TRUSTED_PROXIES", description="addresses or networks with commas between them"
    )

    webhook_allow: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(), alias="CONCLAVE_WEBHOOK_ALLOW", description="addresses or networks with commas between them"
    )

    @field_validator("url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        url = value.strip().rstrip("/")
        if not url:
            return ""
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _ON_THIS_MACHINE)
        if not is_safe or not parts.hostname or url != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
            raise ValueError(_URL)
        return url.lower()

    @field_validator("trusted_proxies", "webhook_allow", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return (
            tuple(ip_network(one.strip()) for one in value.split(",") if one.strip())
            if isinstance(value, str)
            else value
        )

    rules_file: Path | None = Field(default=None, alias="CONCLAVE_RULES")
    default_tier: Literal["starter", "professional", "enterprise"] = Field(
        default="starter", alias="CONCLAVE_DEFAULT_TIER", description="starter, professional or enterprise"
    )

    erase_after_uninstall: timedelta | None = Field(
        default=None, alias="CONCLAVE_ERASE_AFTER_UNINSTALL", description="a number of days, such as 30d"
    )

    @field_validator("erase_after_uninstall", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        days = value.strip().lower().removesuffix("d")
        if not days:
            return None
        if not (days.isascii() and days.isdigit() and 1 <= int(days) <= 3650):
            raise ValueError("not a number of days")
        return timedelta(days=int(days))

    @field_validator("slack_api_url")
    @classmethod
    def _with_slash(cls, value: str) -> str:
        # slack_sdk joins by plain concatenation: without the slash every call would go to ".../apiauth.test".
        return value.strip().rstrip("/") + "/"

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def ways(self) -> tuple[str, ...]:
        """By which ways this installation can tell people something."""
        return (
            "push",
            *(["email"] if self.email_url.get_secret_value() else []),
            *(["sms"] if self.sms_url.get_secret_value() else []),
        )

    @property
    def is_socket_mode(self) -> bool:
        return bool(self.slack_app_token.get_secret_value())

    @property
    def serves_many(self) -> bool:
        """Whether workspaces install the app themselves. With a token in the environment there is one workspace."""
        return bool(self.slack_client_id) and not self.slack_bot_token.get_secret_value()

    @property
    def uses_embedded_database(self) -> bool:
        return not self.database_url.get_secret_value()

    @property
    def letter_urls(self) -> dict[str, str]:
        """Name of the variable -> the URL that letters go to, where there is one."""
        found = {"CONCLAVE_EMAIL_URL": self.email_url, "CONCLAVE_SMS_URL": self.sms_url}
        return {name: url.get_secret_value() for name, url in found.items() if url.get_secret_value()}

    @property
    def model_access(self) -> dict[str, str]:
        """Where the language model is, and the key to it."""
        return {"url": self.model_url.strip(), "key": self.model_key.get_secret_value().strip()}

    def missing_for_slack(self) -> tuple[str, ...]:
        """Names of the variables without which the bot cannot talk to Slack."""
        needed = {} if self.serves_many else {"SLACK_BOT_TOKEN": self.slack_bot_token}
        if not self.is_socket_mode:
            needed["SLACK_SIGNING_SECRET"] = self.slack_signing_secret
        return tuple(name for name, value in needed.items() if not value.get_secret_value())

    def half_set(self) -> str | None:
        """What is missing of the three variables by which people come from Slack, in a sentence."""
        has_secret = bool(self.slack_client_secret.get_secret_value())
        if bool(self.slack_client_id) != has_secret:
            set_, missing = ("SECRET", "ID") if has_secret else ("ID", "SECRET")
            return f"SLACK_CLIENT_{set_} is set without SLACK_CLIENT_{missing}. {_WHERE_CLIENT}"
        if has_secret and not self.url:
            return "Set CONCLAVE_URL, the public https:// address of this service: Slack sends people back to it."
        return None

    @cached_property
    def keyring(self) -> Keyring | None:
        """The keys by which secrets lie encrypted; None where there are none. Raises StartError where one is no key."""
        keys = self.token_keys.get_secret_value()
        return keyrings.parse(keys) if keys.strip() else None

    @cached_property
    def rules(self) -> Rules:
        """What decisions of this installation go by. Raises StartError where the operator's file cannot be used."""
        return replace(rulebook.read(self.rules_file), model=self._model(rulebook.defaults()["model"]))

    def _model(self, limits: Mapping[str, Any]) -> Model | None:
        """The language model, where it can be asked; `asking.find` tells an operator why not."""
        if not self.model or asking.trouble(self.model, **self.model_access):
            return None
        place = urlsplit(self.model_access["url"] or asking.OPENAI).hostname or ""
        return Model(self.model.strip(), place, limits["tokens_a_day"], limits["seconds"])


_WHERE_CLIENT = "Slack shows both under Basic Information; set both, or neither."


@contextmanager
def hidden_from_bolt() -> Iterator[None]:
    """Bolt brings an OAuth of its own, with files for a store, as soon as it finds these two in the environment."""
    names = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


def told_of_settings(error: ValidationError) -> str:
    """A sentence for each variable that cannot be read; never what it holds."""
    meant = {field.alias or name: field.description for name, field in Settings.model_fields.items()}
    sentences = []
    for wrong in error.errors(include_input=False):
        place = str(wrong["loc"][0])
        what = meant.get(place)
        sentences.append(f"{place.upper()} has to be {what}." if what else f"{place.upper()}: {wrong['msg']}.")
    return " ".join(sentences)
