"""Which answers are kept for a program that asks again."""

import pytest

from bot.domain.kept_answer import KeptAnswer


@pytest.mark.parametrize(
    ("status", "may_pass"),
    [(200, False), (201, False), (409, False), (422, False), (428, False), (429, True), (430, False), (499, False),
     (500, True), (503, True)],
)  # fmt: skip
def test_an_answer_that_may_be_another_one_in_a_moment_is_not_kept(status: int, may_pass: bool) -> None:
    assert KeptAnswer(status, {}, "").may_pass is may_pass
