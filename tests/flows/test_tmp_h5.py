import time
async def test_a(team):
    t=time.monotonic()
    await team.to_scoring(); print("scoring", time.monotonic()-t)
    for n in team.actors: await team.ballot(n); print("ballot", time.monotonic()-t)
    await team.published(); print("pub", time.monotonic()-t)
    await team.settled(); print("settled", time.monotonic()-t)
    print(team.sql("select kind, lane, attempts, created_at, done_at - created_at from outbox order by id"))
