"""A channel's digest is set."""

from bot.access import Policy
from bot.authority import Authority
from bot.channels import Channel
from bot.digest.channel_digests import ChannelDigests
from bot.digest.plan import DigestTime
from bot.store.audit import SqlAuditLog
from bot.store.database import Database
from bot.store.digests import SqlDigestPlans
from tests.parts import CHANNEL
from tests.slack_requests import a_caller


class People:
    """The bot is in every channel, and everybody lives by UTC."""

    async def channel(self, channel: str) -> Channel:
        return Channel(channel, private=False, member=True)

    async def zone(self, user: str) -> str:
        return "UTC"


async def test_it_tells_of_a_job_that_ends_within_the_second_in_which_it_was_set(database: Database) -> None:
    """Providers say to the second when a job ended."""
    plans = SqlDigestPlans(database)
    digests = ChannelDigests(plans, People(), People(), Authority(Policy(), SqlAuditLog(database)))
    plan = await digests.set(a_caller(channel=CHANNEL, at=1_800_000_000.44), DigestTime("daily"))
    assert plan.told_until <= 1_800_000_000
    assert await plans.get(CHANNEL) == plan
