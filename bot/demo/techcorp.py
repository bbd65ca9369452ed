"""Owns the demo's workspace, TechCorp, and a second one: all that a sandbox is told of the product."""

from dataclasses import replace

from sandbox.spec import LEAST_SCOPES, ChannelSpec, HintSpec, PersonSpec, ShortcutSpec, StepSpec, WorkspaceSpec

HINTS = (
    HintSpec(
        "Score a decision.",
        "On the newest card in #customer-decisions press *Score*, type a number from 1 to 10 into each field, and "
        "submit. Nobody sees who scored what.",
        ("view_submission", "evaluation.ballot"),
    ),
    HintSpec(
        "Open one of your own.",
        "Type `/decide Late delivery for Initech` into the box below, press Enter, and fill in what is asked.",
        ("view_submission", "decision.new"),
    ),
    HintSpec(
        "Let your team score it.",
        "On its card, the newest now, the blue button is always what comes next. Once there are two options to choose "
        "from, press *Start scoring*.",
        ("view_submission", "round.start"),
    ),
)
"""The way to a first own decision."""
_EVERYBODY = ("sarah", "mike", "lisa", "tom", "ana", "eve")


_STEP = StepSpec(
    "decide_about_customer",
    "Decide about a customer",
    {
        "title": "Refund for the outage of last week",
        "description": "Two days without service; they ask for the month's fee.",
        "customer": "Northwind",
        "type": "Refund request",
        "urgency": "3",
        "channel": "#here",
        "owner": "@me",
    },
)


def _person(name: str, real_name: str, tz: str, about: str, *, is_admin: bool = False) -> PersonSpec:
    email = f"{name}@techcorp.com"
    return PersonSpec(f"U0{name.upper()}", name, real_name, email, tz, is_admin, about=about)


def techcorp() -> WorkspaceSpec:
    """Describe the demo's workspace. Its ids never change; Eve never joins the team.

    What is said about people holds once the sample has been played: Tom and Ana join the team there.
    """
    return WorkspaceSpec(
        team_id="T0TECHCORP",
        name="TechCorp",
        domain="techcorp",
        people=(
            _person("sarah", "Sarah Johnson", "America/New_York", "in the team, has opened a decision", is_admin=True),
            _person("mike", "Mike Chen", "America/Los_Angeles", "in the team, may resolve"),
            _person("lisa", "Lisa Rodriguez", "America/Chicago", "in the team"),
            _person("tom", "Tom Becker", "Europe/Berlin", "in the team"),
            _person("ana", "Ana Silva", "America/Sao_Paulo", "in the team"),
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
        scopes=(
            *(*LEAST_SCOPES, "files:write", "channels:read", "groups:read"),
            *("links:read", "links:write", "usergroups:read"),
        ),
        commands=("/decide",),
        steps=(_STEP,),
        events=("app_home_opened", "function_executed", "link_shared", "user_change"),
        unfurl_domains=("127.0.0.1", "localhost"),
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
            '"Act as" makes you a colleague who scores too; Mike may resolve what comes of it. "+1 day" makes '
            'reminders due, "+1 hour" leads into the working hours in which they come: a red number beside a name '
            "says who was told."
        ),
        hints=HINTS,
        messages_tab_read_only=True,
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
