"""Several deployments behind one Slack app: which of them serves a workspace, and the way there."""
