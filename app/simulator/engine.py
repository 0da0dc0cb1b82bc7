"""One shift, event by event: dials, answers, talks, and what operators and sellers had of it."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

from app.domain.pacing import Limits, Observed, Ringing
from app.domain.pacing_memory import Learned
from app.simulator.rivals import Oracle, Rival
from app.simulator.town import Fate, Sellers, Step, Town

# At the same moment operators come free before sellers answer.
CHANGE, WRAPPED, TALKED, DIAL, RUNG, TIRED = range(6)


@dataclass
class Minute:
    """What one minute of the shift looked like."""

    dialled: int = 0
    answered: int = 0
    abandoned: int = 0
    free_s: float = 0.0
    staff_s: float = 0.0


@dataclass
class Result:
    """Of the counted part of the shift; the minutes are all of it."""

    talked_s: float = 0.0
    staffed_s: float = 0.0
    free_s: float = 0.0
    dialled: int = 0
    answered: int = 0
    abandoned: int = 0
    connected: int = 0
    seller_wait_s: float = 0.0
    seconds: int = 0
    short_s: int = 0  # of these the lines let fewer calls out than were wanted
    minutes: list[Minute] = field(default_factory=list)

    @property
    def minutes_per_hour(self) -> float:
        """Talk minutes of an operator's hour."""
        return 60 * self.talked_s / self.staffed_s if self.staffed_s else 0.0

    @property
    def abandoned_share(self) -> float:
        return self.abandoned / self.answered if self.answered else 0.0

    @property
    def short_share(self) -> float:
        return self.short_s / self.seconds if self.seconds else 0.0

    @property
    def operator_wait_s(self) -> float:
        """From being free to the next seller, on average."""
        return self.free_s / self.connected if self.connected else 0.0


class Shift:
    def __init__(self, town: Town, rival: Rival) -> None:
        self.town, self.rival = town, rival
        self.sellers, self.learned, self.result = Sellers(town), Learned(), Result()
        self.staff = self.free = town.operators
        self.ringing: dict[int, float] = {}
        self.talking: dict[int, float] = {}
        self.wrapping: dict[int, float] = {}
        self.waiting: deque[tuple[int, float]] = deque()
        self.leaving: set[int] = set()  # they talk for the last time
        self.fates: dict[int, Fate] = {}
        self.events: list[tuple[float, int, int]] = []
        self.calls, self.now, self.budget = 0, 0.0, 0.0
        self.end, self.chance = town.hours * 3600, random.Random(town.seed)
        self.acts = (self._change, self._wrapped, self._talked, self._dial_foreseen, self._rung, self._tired)

    def run(self) -> Result:
        for number, step in enumerate(self.town.steps):
            self._plan(step.at_s, CHANGE, number)
        if isinstance(self.rival, Oracle):
            for _ in range(self.town.operators):
                self._foresee(0.0)
        for second in range(int(self.end)):
            self._until(float(second))
            if not isinstance(self.rival, Oracle):
                self._tick()
        self._until(self.end)
        return self.result

    # --- time

    def _plan(self, at: float, what: int, call: int) -> None:
        heapq.heappush(self.events, (at, what, call))

    def _until(self, second: float) -> None:
        while self.events and self.events[0][0] <= second:
            at, what, call = heapq.heappop(self.events)
            self._pass(at)
            self.acts[what](call)
        self._pass(second)

    def _pass(self, now: float) -> None:
        """Let the time go by in which nothing happens."""
        lasted = now - self.now
        if lasted <= 0:
            return
        minute = self._minute()
        minute.staff_s, minute.free_s = minute.staff_s + self.staff * lasted, minute.free_s + self.free * lasted
        if self.is_counted:
            self.result.staffed_s += self.staff * lasted
            self.result.free_s += self.free * lasted
            self.result.talked_s += len(self.talking) * lasted
        self.now = now

    @property
    def is_counted(self) -> bool:
        return self.now >= self.town.warm_up_s

    def _minute(self) -> Minute:
        minutes = self.result.minutes
        while len(minutes) <= self.now // 60:
            minutes.append(Minute())
        return minutes[int(self.now // 60)]

    # --- dialling

    def _tick(self) -> None:
        town, now = self.town, self.now
        self.budget = min(self.budget + town.calls_per_second, max(town.calls_per_second, 1.0))
        observed = Observed(
            free=self.free,
            talking=[now - since for call, since in self.talking.items() if call not in self.leaving],
            wrapping=[now - since for since in self.wrapping.values()],
            ringing=[Ringing(now - since) for since in self.ringing.values()],
            waiting=len(self.waiting),
        )
        allowed = min(town.channels - len(self.ringing) - len(self.talking) - len(self.waiting), int(self.budget))
        # The lines bound what was wanted below, so that the result can tell how often they were too few.
        limits = Limits(ceiling=town.ceiling, ratio=town.ratio, patience_s=town.patience_s)
        wanted = self.rival.dials(now, observed, limits, self.learned)
        dials = max(min(wanted, allowed), 0)
        self.budget -= dials
        self.result.seconds += self.is_counted
        self.result.short_s += self.is_counted and wanted > max(allowed, 0)
        for _ in range(dials):
            self._dial(self.sellers.next())

    def _dial(self, fate: Fate) -> None:
        self.calls += 1
        self.fates[self.calls], self.ringing[self.calls] = fate, self.now
        self._minute().dialled += 1
        self.result.dialled += self.is_counted
        self._plan(self.now + fate.ring_s, RUNG, self.calls)

    def _foresee(self, free_at: float) -> None:
        """An operator will be free then: a seller who answers just then is dialled his ring earlier."""
        fate = next(self.sellers.who_answer())
        self.calls += 1
        self.fates[self.calls] = fate
        self._plan(max(free_at - fate.ring_s, self.now), DIAL, self.calls)

    def _dial_foreseen(self, call: int) -> None:
        self.ringing[call] = self.now
        self._minute().dialled += 1
        self.result.dialled += self.is_counted
        self._plan(self.now + self.fates[call].ring_s + 1e-6, RUNG, call)

    # --- what happens

    def _rung(self, call: int) -> None:
        fate = self.fates[call]
        rang = self.now - self.ringing.pop(call)
        if not fate.answers:
            self.learned.unanswered(rang)
            del self.fates[call]
            return
        self.learned.answered(rang)
        self._minute().answered += 1
        self.result.answered += self.is_counted
        self.waiting.append((call, self.now))
        self._connect()
        if call in self.fates and call not in self.talking:
            self._plan(self.now + min(self.town.patience_s, fate.stays_s), TIRED, call)

    def _tired(self, call: int) -> None:
        """Nobody came in time, unless somebody did."""
        for at, (waiting, _) in enumerate(self.waiting):
            if waiting == call:
                del self.waiting[at]
                del self.fates[call]
                self.learned.abandoned(self.now, self.town.ceiling)
                self._minute().abandoned += 1
                self.result.abandoned += self.is_counted
                return

    def _connect(self) -> None:
        while self.free > 0 and self.waiting:
            call, since = self.waiting.popleft()
            self.free -= 1
            self.talking[call] = self.now
            self.learned.connected(self.now, self.town.ceiling)
            if self.is_counted:
                self.result.connected += 1
                self.result.seller_wait_s += self.now - since
            fate = self.fates[call]
            self._plan(self.now + fate.talk_s, TALKED, call)
            if isinstance(self.rival, Oracle):
                self._foresee(self.now + fate.talk_s + fate.wrap_s)

    def _talked(self, call: int) -> None:
        self.learned.talked(self.now - self.talking.pop(call))
        if call in self.leaving:
            self.leaving.remove(call)
            self.staff -= 1
            del self.fates[call]
            return
        self.wrapping[call] = self.now
        self._plan(self.now + self.fates[call].wrap_s, WRAPPED, call)

    def _wrapped(self, call: int) -> None:
        if call not in self.wrapping:  # gone home in the middle of it
            return
        self.learned.wrapped(self.now - self.wrapping.pop(call))
        del self.fates[call]
        self.free += 1
        self._connect()

    def _change(self, number: int) -> None:
        """Of all alike some go: the free and the finishing at once, whoever talks when the talk is over; he says so
        beforehand, so his talk promises nobody any more. Or new ones come."""
        step: Step = self.town.steps[number]
        if step.answer_rate is not None:
            self.sellers.answer_rate = step.answer_rate
        if step.operators is None:
            return
        here = [0] * self.free + [*self.wrapping] + [call for call in self.talking if call not in self.leaving]
        for call in self.chance.sample(here, max(len(here) - step.operators, 0)):
            if call in self.talking:
                self.leaving.add(call)
                continue
            self.staff -= 1
            self.free -= not call
            self.wrapping.pop(call, None)
        came = max(step.operators - len(here), 0)
        self.staff, self.free = self.staff + came, self.free + came
        self._connect()
