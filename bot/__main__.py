"""`python -m bot` is the `conclave` command."""

from bot.cli import main

main()
