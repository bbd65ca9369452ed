"""The JSON API for programs: the use cases of Slack, their rules and sentences, for the owner of a token."""
