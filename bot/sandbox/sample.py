"""Owns the demo's workspace, TechCorp: all that the sandbox knows of the product."""

from dataclasses import replace

from bot.sandbox.spec import LEAST_SCOPES, ChannelSpec, PersonSpec, ShortcutSpec, WorkspaceSpec

_EVERYBODY = ("sarah", "mike", "lisa", "tom", "ana", "eve")


def techcorp() -> WorkspaceSpec:
    """Describe the demo's workspace. Its ids never change; Eve never joins the team."""
    return WorkspaceSpec(
        team_id="T0TECHCORP",
        name="TechCorp",
        domain="techcorp",
        people=(
            PersonSpec("U0SARAH", "sarah", "Sarah Johnson", "sarah@techcorp.com", "America/New_York", True),
            PersonSpec("U0MIKE", "mike", "Mike Chen", "mike@techcorp.com", "America/Los_Angeles"),
            PersonSpec("U0LISA", "lisa", "Lisa Rodriguez", "lisa@techcorp.com", "America/Chicago"),
            PersonSpec("U0TOM", "tom", "Tom Becker", "tom@techcorp.com", "Europe/Berlin"),
            PersonSpec("U0ANA", "ana", "Ana Silva", "ana@techcorp.com", "America/Sao_Paulo"),
            PersonSpec("U0EVE", "eve", "Eve Novak", "eve@techcorp.com", "Europe/Prague"),
        ),
        channels=(
            ChannelSpec("C0DECISIONS", "customer-decisions", (*_EVERYBODY, "conclave")),
            ChannelSpec("C0GENERAL", "general", _EVERYBODY),
            ChannelSpec("C0LEADERSHIP", "leadership", ("sarah", "mike"), is_private=True),
        ),
        bot_token="xoxb-sandbox-techcorp",
        app_token="xapp-sandbox-techcorp",
        signing_secret="sandbox-signing-secret-techcorp",
        scopes=(*LEAST_SCOPES, "files:write"),
        commands=("/decide",),
        usage={"/decide": "[title] | list | show 42 | setup | settings | export | help"},
        first_steps=(
            "Type `/decide list` in the box below and press Enter: the sample team has opened decision #1, which waits "
            'for its owner, Sarah. The list tells what waits for you; to go on as somebody else, use "Act as".'
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
