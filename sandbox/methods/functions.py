"""Owns the Web API methods by which the app ends a step of a workflow."""

import json

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.modals import Refused
from sandbox.workspace import SLACKBOT, Run


def _running(api: Api, arguments: Json) -> Run:
    run = api.workspace.runs.get(str(arguments.get("function_execution_id") or ""))
    if run is None:
        raise Refused("function_execution_not_found")
    if run.state != "running":
        raise Refused("execution_not_in_running_state")
    return run


def _succeed(api: Api, arguments: Json) -> Json:
    """Ends the step, once; whoever started the workflow is told its outputs."""
    run, outputs = _running(api, arguments), arguments.get("outputs")
    try:
        run.outputs = json.loads(outputs) if isinstance(outputs, str) else outputs
    except ValueError as error:
        raise Refused("parameter_validation_failed") from error
    if not isinstance(run.outputs, dict):
        raise Refused("parameter_validation_failed")
    run.state = "completed"
    _tell(api, run, ", ".join(f"{name}: {value}" for name, value in run.outputs.items()))
    return {}


def _fail(api: Api, arguments: Json) -> Json:
    """Ends the step, once; whoever started the workflow is told why."""
    run = _running(api, arguments)
    if not arguments.get("error"):
        raise Refused("invalid_arguments", ["[ERROR] missing required field: error"])
    run.state, run.error = "failed", str(arguments["error"])
    _tell(api, run, run.error)
    return {}


def _tell(api: Api, run: Run, what: str) -> None:
    words = f"Your workflow's step {run.step} has {run.state}. {what}"
    api.workspace.post(api.workspace.dm(run.user), user=SLACKBOT, text=words)


FUNCTIONS = {"functions.completeSuccess": Method(_succeed), "functions.completeError": Method(_fail)}
