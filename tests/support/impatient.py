"""The `conclave` command with a lease that ends soon and webhooks that are tried again within milliseconds.

For experiments with killed processes: `python -m tests.support.impatient worker`. No setting of the product does this.
"""

from datetime import timedelta

from bot.delivery import worker
from bot.domain import webhook

webhook.RETRIES = (timedelta(milliseconds=20),) * 15
worker.LEASE_SECONDS, worker.SEND_SECONDS = 5.0, 3.0

if __name__ == "__main__":
    from bot.cli.commands import main

    main()
