"""Our keys from the command line."""

from tests.functional.cli.conftest import Run


def _listed(run: Run) -> list[tuple[str, str]]:
    lines = run("keys", "list").output.splitlines()
    return [(line.split()[0], line.split("  ", 2)[2]) for line in lines]


def test_t12_rotating_lists_the_new_key_first_and_says_how_long_the_old_one_stays(run: Run) -> None:
    assert _listed(run) == []
    assert run("keys", "rotate").exit_code == 0
    [(first, state)] = _listed(run)
    assert state == "signs"
    result = run("keys", "rotate", "--retire-after", "3")
    assert "3 more days" in result.output
    (second, signs), (old, until) = _listed(run)
    assert second in result.output
    assert (signs, old) == ("signs", first)
    assert until.startswith("published until 20")


def test_t12_a_leaked_key_is_retired_at_once(run: Run) -> None:
    run("keys", "rotate")
    run("keys", "rotate", "--retire-after", "0")
    assert [state.split()[0] for _, state in _listed(run)] == ["signs", "retired"]


def test_t12_an_overlap_must_be_a_number_of_days(run: Run) -> None:
    for value in ("-1", "x", "400"):
        assert run("keys", "rotate", "--retire-after", value).exit_code == 2
