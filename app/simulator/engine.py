"""One shift, event by event: dials, answers, talks, and what operators and sellers had of it."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.pacing import Learned, PacingState, decide

Pacing = Callable[[PacingState, Learned], int]


@dataclass(frozen=True)
class Town:
    """What is modelled; talks are lognormal: many short, a few long."""

    operators: int = 20
    answer_rate: float = 0.3
    talk_s: float = 80.0
    wrap_s: float = 15.0
    channels: int = 500
    hours: float = 3.0
    warm_up_s: float = 1800.0  # not counted in the result
    leave_at: float = 0.0  # half the operators go at this second; 0 = they stay
    seed: int = 1


@dataclass
class Result:
    talked_s: float = 0.0
    staffed_s: float = 0.0
    answered: int = 0
    abandoned: int = 0
    dialled: int = 0

    @property
    def minutes_per_hour(self) -> float:
        return 60 * self.talked_s / self.staffed_s if self.staffed_s else 0.0

    @property
    def abandoned_share(self) -> float:
        return self.abandoned / self.answered if self.answered else 0.0


def predictive(state: PacingState, learned: Learned) -> int:
    return decide(state, learned)


def progressive(state: PacingState, learned: Learned) -> int:
    return max(min(state.free - len(state.ringing_for), state.channels_left), 0)


class Shift:
    def __init__(self, town: Town, pacing: Pacing) -> None:
        self.town, self.pacing, self.rng = town, pacing, random.Random(town.seed)
        self.staff = self.free = town.operators
        self.busy: dict[int, float] = {}
        self.ringing: dict[int, float] = {}
        self.events: list[tuple[float, int, str]] = []
        self.learned, self.result, self.calls = Learned(), Result(), 0

    def run(self) -> Result:
        for now in range(int(self.town.hours * 3600)):
            while self.events and self.events[0][0] <= now:
                at, call, what = heapq.heappop(self.events)
                getattr(self, f"_{what}")(call, at)
            if self.town.leave_at and now == int(self.town.leave_at):
                self._half_leave()
            self._dial(float(now))
            self.result.staffed_s += self.staff if now >= self.town.warm_up_s else 0
        return self.result

    def _dial(self, now: float) -> None:
        state = PacingState(
            free=max(self.free, 0),
            busy_for=tuple(now - since for since in self.busy.values()),
            ringing_for=tuple(now - since for since in self.ringing.values()),
            channels_left=self.town.channels - len(self.ringing) - len(self.busy),
        )
        for _ in range(self.pacing(state, self.learned)):
            self.calls += 1
            self.ringing[self.calls] = now
            self.result.dialled += now >= self.town.warm_up_s
            answers = self.rng.random() < self.town.answer_rate
            after = 3 + self.rng.gammavariate(3, 3) if answers else 30.0
            heapq.heappush(self.events, (now + min(after, 30.0), self.calls, "answer" if answers else "silence"))

    def _silence(self, call: int, at: float) -> None:
        del self.ringing[call]
        self.learned.call_unanswered()

    def _answer(self, call: int, at: float) -> None:
        counted = at >= self.town.warm_up_s
        self.learned.call_answered(at - self.ringing.pop(call))
        self.result.answered += counted
        if self.free <= 0:
            self.learned.call_abandoned()
            self.result.abandoned += counted
            return
        self.free -= 1
        self.busy[call] = at
        talk = self.rng.lognormvariate(0, 1) * self.town.talk_s / 1.6487
        # What is talked after the end of the shift is not the shift's.
        self.result.talked_s += max(min(talk, self.town.hours * 3600 - at), 0) if counted else 0
        heapq.heappush(self.events, (at + talk + self.rng.expovariate(1 / self.town.wrap_s), call, "end"))

    def _end(self, call: int, at: float) -> None:
        self.learned.operator_freed(at - self.busy.pop(call))
        self.free += 1

    def _half_leave(self) -> None:
        """Who is talking goes after the talk: the free places become fewer at once, below zero if need be."""
        going = self.staff // 2
        self.staff -= going
        self.free -= going
