"""The fixture ``virtual_clock``, in the tests of somebody else."""

from __future__ import annotations

import pytest

from defectio_tasks.testing.pytest_plugin import check_test

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["defectio_tasks.testing.pytest_plugin"]\n'
SETTINGS = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makefile(".ini", pytest=SETTINGS)
    return pytester


def run(project: pytest.Pytester, *arguments: str, tests: str) -> pytest.RunResult:
    project.makepyfile(tests)
    return project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_it_makes_an_async_test_run_by_the_clock(project: pytest.Pytester) -> None:
    result = run(
        project,
        tests="""
            import asyncio
            from datetime import UTC, datetime, time

            import defectio_tasks as tasks

            async def test_a_week(virtual_clock):
                runs = []
                daily = tasks.loop(time=time(8, 30))(lambda_of(runs, virtual_clock))
                daily.start()
                await virtual_clock.advance(days=7)
                assert runs == [datetime(2026, 1, day, 8, 30, tzinfo=UTC) for day in range(1, 8)]

            async def test_another_begins_anew(virtual_clock):
                assert virtual_clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
                assert virtual_clock.elapsed == asyncio.get_running_loop().time() == 0

            def lambda_of(runs, clock):
                async def daily():
                    runs.append(clock.now())
                return daily
        """,
    )
    result.assert_outcomes(passed=2)


def test_other_tests_are_left_alone(project: pytest.Pytester) -> None:
    result = run(
        project,
        "-v",
        tests="""
            import asyncio
            import pytest

            async def test_real():
                assert type(asyncio.get_running_loop()).__module__.startswith("asyncio.")

            def test_sync():
                pass

            @pytest.mark.parametrize("number", [1, 2])
            async def test_virtual(number, virtual_clock):
                await asyncio.sleep(number * 10_000)
                assert virtual_clock.elapsed == number * 10_000
        """,
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*::test_real PASSED*", "*::test_virtual*1* PASSED*"])


def test_fixtures_run_by_the_clock_too_in_whatever_order(project: pytest.Pytester) -> None:
    result = run(
        project,
        tests="""
            import asyncio
            import pytest

            @pytest.fixture
            async def early():
                await asyncio.sleep(1_000)
                yield asyncio.get_running_loop().time()
                await asyncio.sleep(1_000)

            async def test_fixture_first(early, virtual_clock):
                assert early == virtual_clock.elapsed == 1_000

            async def test_clock_first(virtual_clock, early):
                assert early == virtual_clock.elapsed == 1_000
        """,
    )
    result.assert_outcomes(passed=2)


def test_a_test_that_can_never_end_fails_and_says_why(project: pytest.Pytester) -> None:
    result = run(
        project,
        tests="""
            import asyncio

            async def test_never(virtual_clock):
                await asyncio.Event().wait()

            async def test_after_that(virtual_clock):
                assert virtual_clock.elapsed == 0
        """,
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E *nothing will ever happen*", "E *in test_never"])


def test_a_sync_test_that_asks_for_it_is_an_error(project: pytest.Pytester) -> None:
    result = run(
        project,
        tests="""
            import pytest

            @pytest.fixture
            def by_the_clock(virtual_clock):
                pass

            def test_sync(virtual_clock):
                pass

            def test_by_a_fixture(by_the_clock):
                pass
        """,
    )
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["E *`virtual_clock` must be*, got 'test_sync' (write `async def`*"]
    )


def test_the_error_names_the_test() -> None:
    def test_sync(virtual_clock: object) -> None: ...

    with pytest.raises(TypeError, match=r"got 'test_sync' \(write `async def`, or make a "):
        check_test(test_sync)


def test_an_async_test_that_hypothesis_calls_may_ask_for_it(project: pytest.Pytester) -> None:
    result = run(
        project,
        tests="""
            import asyncio
            from hypothesis import HealthCheck, given, settings, strategies

            @given(seconds=strategies.integers(1, 1000))
            @settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
            async def test_any(virtual_clock, seconds):
                before = virtual_clock.elapsed
                await asyncio.sleep(seconds)
                assert virtual_clock.elapsed == before + seconds
        """,
    )
    result.assert_outcomes(passed=1)


def test_the_kit_itself_does_not_need_pytest(project: pytest.Pytester) -> None:
    script = project.makepyfile(
        """
        import sys
        import defectio_tasks.testing
        assert "pytest" not in sys.modules
        assert "time_machine" not in sys.modules
        """
    )
    assert project.runpython(script).ret == 0
