"""The bench itself: bounds are kept to the letter, what could not run never counts as passed."""

from __future__ import annotations

import time

import pytest

from bench import __main__ as command
from bench.harness import at_least, at_most, interleaved, none_of, show, skipped, within


def test_a_ratio_is_of_medians_and_judged_by_its_bound():
    row = at_most("slow", [3.0, 1.0, 2.0], [1.0, 1.0, 9.0], 2)
    assert (row.a, row.b, row.ratio, row.ok) == (2.0, 1.0, 2.0, True)
    assert at_most("slower", [3.0], [1.0], 2).ok is False
    assert at_least("quick", [3.0], [1.0], 3).ok is True
    assert at_least("not so quick", [2.9], [1.0], 3).ok is False
    assert within("memory", 301, 300).ok is False


def test_a_promise_is_kept_only_by_nought():
    assert none_of("doubles", 0).ok is True
    assert none_of("doubles", 1).ok is False


def test_both_sides_take_turns_and_the_first_round_is_not_measured():
    seen: list[str] = []
    times = interleaved(
        [lambda: seen.append("a"), lambda: seen.append("b")], 2, time.perf_counter, before=lambda n: seen.append(str(n))
    )
    assert seen == ["0", "a", "b", "1", "a", "b", "2", "a", "b"]
    assert [len(side) for side in times] == [2, 2]


def test_what_could_not_run_is_said_and_is_not_passed():
    row = skipped("numpy", ">= 8", "no numpy here")
    assert row.ok is None
    assert "skipped" in show(row)
    assert "no numpy here" in show(row)


@pytest.mark.parametrize(("rows", "code"), [
    ([none_of("doubles", 0)], 0),
    ([none_of("doubles", 0), none_of("doubles", 2)], 1),
    ([skipped("numpy", ">= 8", "no numpy here")], 0),
])  # fmt: skip
def test_check_ends_with_one_only_when_a_figure_is_out_of_its_bound(monkeypatch, tmp_path, rows, code):
    from contextlib import nullcontext
    from types import SimpleNamespace

    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "running_server", lambda: nullcontext(None))
    monkeypatch.setattr(command, "import_module", lambda name: SimpleNamespace(bench=lambda plan: rows))
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)

    assert command.main(["--check", "claims"]) == code
    assert command.main(["claims"]) == 0
    assert (tmp_path / "var" / "bench.json").exists()


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["nonsense"])
    assert "known: recognition" in capsys.readouterr().err
