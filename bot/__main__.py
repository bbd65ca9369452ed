"""`python -m bot` is the `conclave` command."""

from bot.cli.commands import main

main()
