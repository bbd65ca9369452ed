"""What outcomes teach, how long decisions take, and what customers were granted."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.services import dashboard
from bot.services import learning as learnings
from bot.views import learning as slack_view
from bot.views import ledger as ledger_view
from web import person
from web.page import render
from web.views import chart


async def show(request: Request) -> Response:
    db, who = person.deps(request).db, await person.by(request)
    page, ways = await learnings.read(db, who), await dashboard.ways(db, who)
    charts: dict[str, Any] = {
        "chart_paces": chart.paces(ways.paces),
        "chart_kinds": chart.kinds(ways.kinds),
        "chart_overrides": chart.overrides(page.lessons),
        "chart_calibration": chart.calibration(page.lessons),
    }
    forecasts = chart.forecasts(page.lessons)
    shown: dict[str, Any] = {"page": page, "ways": ways, "forecasts": forecasts, "said": chart.said, "view": slack_view}
    return await render(request, "learning.jinja", **shown, **charts)


async def customers(request: Request) -> Response:
    db, who = person.deps(request).db, await person.by(request)
    found = await dashboard.exceptions(db, who)
    return await render(
        request,
        "customers.jinja",
        found=found,
        chart=chart.customers(found.customers),
        zone=await person.zone(request),
        outcomes=ledger_view.OUTCOMES,
    )
