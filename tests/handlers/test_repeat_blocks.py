"""What a thread reads of an evaluation that is repeated no more, in both languages."""

from bot.jobs.notice import RepeatEnded
from handlers.outgoing.repeat_blocks import render
from texts.language import Language, speaking


def test_the_thread_reads_whose_evaluation_is_repeated_no_more_and_why() -> None:
    body = RepeatEnded("left_the_channel")
    assert render(body, "U0ANA").text.startswith(
        "This evaluation by <@U0ANA> is no longer repeated. They are no longer in the channel. "
    )
    with speaking(Language.CHINESE):
        assert "<@U0ANA> 的这次评测不再重复。设置者已不在这个频道里。" in render(body, "U0ANA").text
