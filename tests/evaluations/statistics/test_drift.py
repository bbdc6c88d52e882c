from bot.evaluations.statistics import Verdict, drifted


def test_only_items_that_were_asked_both_times_are_compared() -> None:
    earlier = {f"{n}": 1.0 for n in range(60)}
    now = {f"{n}": float(n % 4 != 0) for n in range(20, 90)}
    drift = drifted(earlier, now)
    assert (drift.n, drift.worse) == (40, 10)
    assert drift.verdict is Verdict.WORSE


def test_items_of_a_conversation_count_once() -> None:
    earlier, now = {f"{n}": 1.0 for n in range(60)}, {f"{n}": float(n >= 15) for n in range(60)}
    assert drifted(earlier, now).verdict is Verdict.WORSE
    assert drifted(earlier, now, {f"{n}": n // 15 for n in range(60)}).verdict is Verdict.CANNOT_TELL


def test_of_no_shared_items_nothing_is_said() -> None:
    assert drifted({"a": 1.0}, {"b": 0.0}).verdict is Verdict.CANNOT_TELL
