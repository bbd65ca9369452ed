"""The pages that somebody sees who installs the app: what happened, and what to do next. HTML without script."""

from html import escape

from bot.domain.installation import StateTrouble

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Conclave</title><style>
body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 12vh auto; padding: 0 1rem; color: #1d1c1d;
  background: #fff }}
a {{ color: #1264a3 }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e8e8e8; background: #1a1d21 }} a {{ color: #6cb4ee }} }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>
"""
STYLE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of these pages."""
_AGAIN = ("Begin again", "/slack/install")


def installed(*, workspace: str, app_id: str, team_id: str) -> str:
    link = ("Open Conclave in Slack", f"https://slack.com/app_redirect?app={app_id}&team={team_id}")
    return _page(
        f"Conclave is in {workspace}",
        "Next, in Slack: write /invite @conclave in the channel where your team talks about customers, then /decide "
        "setup. Whoever writes it first makes the team.",
        link,
    )


def installed_for_organisation(*, organisation: str, app_id: str, url: str) -> str:
    """url: the organisation's address in Slack, as `auth.test` gives it."""
    link = ("Choose the workspaces", f"{url.rstrip('/')}/manage/organization/apps/profile/{app_id}/workspaces/add")
    return _page(
        f"Conclave is in {organisation}",
        "It is installed for the organisation, and in none of its workspaces yet. Choose those that are to have it; "
        "then, in one of their channels, write /invite @conclave and /decide setup.",
        link,
    )


def cancelled() -> str:
    return _page("Nothing was installed", "You said no on Slack's page, so nothing has changed.", _AGAIN)


def turned_away(trouble: StateTrouble) -> str:
    return _page(*_TROUBLES[trouble], _AGAIN)


def wrong_workspace(*, asked: str, got: str) -> str:
    return _page(
        "That was another workspace",
        f"The link was for the workspace {asked}, and on Slack's page {got} was chosen. Nothing was installed, and "
        "Conclave has given its access back. Begin again and choose the right one at the top of Slack's page.",
        _AGAIN,
    )


def slack_refused(error: str) -> str:
    return _page(
        "Slack did not confirm it",
        f"Slack answered {error}, so nothing was installed. If it comes again, tell whoever runs this service.",
        _AGAIN,
    )


def not_now() -> str:
    return _page(
        "Not installed yet",
        "The service could not save it just now, so nothing was installed. Try it once more in a minute.",
        _AGAIN,
    )


def not_yet(why: str) -> str:
    return _page("Wait a minute", why, _AGAIN)


def unreadable() -> str:
    return _page("Nothing to do here", "This address is for people who come back from Slack's page.", _AGAIN)


_TROUBLES = {
    StateTrouble.EXPIRED: ("That took too long", "Slack's page counts for ten minutes. Nothing was installed."),
    StateTrouble.USED: (
        "This was done before",
        "This address works once, and has been used. If Conclave is not in your workspace, begin again.",
    ),
    StateTrouble.FOREIGN: (
        "Begun somewhere else",
        "This browser did not begin this installation, so nothing was installed. A link of somebody else's never does.",
    ),
}


def _page(title: str, words: str, link: tuple[str, str]) -> str:
    name, address = link
    body = f'<p>{escape(words)}</p><p><a href="{escape(address, quote=True)}">{escape(name)}</a></p>'
    return _PAGE.format(title=escape(title), body=body)
