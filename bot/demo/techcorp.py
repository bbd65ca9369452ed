"""Owns the demo's workspace, TechCorp, and a second one: all that a sandbox is told of the product."""

from dataclasses import replace

from sandbox.spec import LEAST_SCOPES, ChannelSpec, PersonSpec, ShortcutSpec, WorkspaceSpec

_EVERYBODY = ("sarah", "mike", "lisa", "tom", "ana", "eve")


def _person(name: str, real_name: str, tz: str, about: str, *, is_admin: bool = False) -> PersonSpec:
    email = f"{name}@techcorp.com"
    return PersonSpec(f"U0{name.upper()}", name, real_name, email, tz, is_admin, about=about)


def techcorp() -> WorkspaceSpec:
    """Describe the demo's workspace. Its ids never change; Eve never joins the team."""
    return WorkspaceSpec(
        team_id="T0TECHCORP",
        name="TechCorp",
        domain="techcorp",
        people=(
            _person("sarah", "Sarah Johnson", "America/New_York", "in the team, has opened decision #1", is_admin=True),
            _person("mike", "Mike Chen", "America/Los_Angeles", "in the team"),
            _person("lisa", "Lisa Rodriguez", "America/Chicago", "in the team"),
            _person("tom", "Tom Becker", "Europe/Berlin", "not in the team until Sarah adds him"),
            _person("ana", "Ana Silva", "America/Sao_Paulo", "not in the team until Sarah adds her"),
            _person("eve", "Eve Novak", "Europe/Prague", "a stranger to the team: sees what strangers see"),
        ),
        channels=(
            ChannelSpec("C0DECISIONS", "customer-decisions", (*_EVERYBODY, "conclave")),
            ChannelSpec("C0GENERAL", "general", _EVERYBODY),
            ChannelSpec("C0LEADERSHIP", "leadership", ("sarah", "mike"), is_private=True),
        ),
        bot_token="xoxb-sandbox-techcorp",
        app_token="xapp-sandbox-techcorp",
        signing_secret="sandbox-signing-secret-techcorp",
        scopes=(*LEAST_SCOPES, "files:write", "channels:read", "groups:read"),
        commands=("/decide",),
        secret_views=("evaluation.",),
        hidden="Hidden: this is a view in which somebody scores.",
        command="conclave as",
        examples=(
            ("sarah", '"/decide help"'),
            ("sarah", '"/decide list"'),
            ("sarah", '"/decide Refund for ABC"'),
            ("sarah", 'fill "Customer=ABC Type of decision=Refund request Urgency=4"'),
            ("sarah", "submit"),
            ("mike", "click Score"),
            ("mike", "close"),
            ("mike", 'say "#general Good morning"'),
            ("mike", '"shortcut New customer decision"'),
            ("mike", "screen"),
            ("sarah", "--later 1d"),
        ),
        usage={"/decide": "[title] | list | show 42 | setup | settings | export | help"},
        begin_as="sarah",
        first_steps=(
            "Sarah, Mike and Lisa are a team; decision #1 begins with its owner, Sarah. Type `/decide list` in the box "
            "below and press Enter. As Sarah, `/decide setup` adds people and gives them authority to resolve. "
            '"Act as" makes you somebody else.'
        ),
        shortcuts=(
            ShortcutSpec("decision.new", "New customer decision"),
            ShortcutSpec("decision.from_message", "Decide about this message", "message"),
        ),
        app_id="A0CONCLAVE",
        app_name="conclave",
        bot_user_id="U0CONCLAVE",
        bot_id="B0CONCLAVE",
    )


def globex() -> WorkspaceSpec:
    """Describe a second workspace that shares nothing with TechCorp but the app."""
    return replace(
        techcorp(),
        team_id="T0GLOBEX",
        name="Globex",
        domain="globex",
        people=(
            PersonSpec("U0HANK", "hank", "Hank Scorpio", "hank@globex.com", "America/Denver", True),
            PersonSpec("U0HOMER", "homer", "Homer Simpson", "homer@globex.com", "America/Denver"),
            PersonSpec("U0PRIYA", "priya", "Priya Raman", "priya@globex.com", "Asia/Kolkata"),
        ),
        channels=(
            ChannelSpec("C0GLOBEX", "customer-decisions", ("hank", "homer", "priya", "conclave")),
            ChannelSpec("C0GLOBEXGEN", "general", ("hank", "homer", "priya")),
        ),
        bot_token="xoxb-sandbox-globex",
        app_token="xapp-sandbox-globex",
        signing_secret="sandbox-signing-secret-globex",
        bot_user_id="U0CONCLAVEGLOBEX",
        bot_id="B0CONCLAVEGLOBEX",
    )
