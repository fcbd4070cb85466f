"""The table of transitions; that runs keep to it is a matter of the life-cycle tests."""

from __future__ import annotations

from defectio_tasks._stage import TRANSITIONS, Stage


def test_l2_each_stage_is_reached_and_leads_to_the_end() -> None:
    assert set(TRANSITIONS) == set(Stage)
    reached = {Stage.STARTING}.union(*TRANSITIONS.values())
    assert reached == set(Stage)
    assert not TRANSITIONS[Stage.OVER]
    # `after_loop` runs always: there is no other way out.
    assert [stage for stage in Stage if Stage.OVER in TRANSITIONS[stage]] == [Stage.FINISHING]


def test_l2_the_body_comes_only_after_before_loop_and_a_slot() -> None:
    before_body = [stage for stage in Stage if Stage.WORKING in TRANSITIONS[stage]]
    assert before_body == [Stage.WAITING]
    assert Stage.WAITING not in TRANSITIONS[Stage.STARTING]
