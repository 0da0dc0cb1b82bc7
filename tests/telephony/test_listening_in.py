"""Who hears whom when a supervisor listens, whispers and joins: proven by the sound itself on the real Asterisk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.telephony.a_phone import Phone
from tests.telephony.lab import Lab, wait_for
from tests.telephony.raw_ami import RawAmi

pytestmark = pytest.mark.asterisk

SELLER, OPERATOR, BOSS = 620, 440, 1000  # each has a tone of his own
LOUD, SILENT = 2500, 300  # amplitudes; a tone is sent with 8000


class Talk:
    """A seller who has rung us talks with an operator; a supervisor's telephone lies ready."""

    def __init__(self, lab: Lab, ami: RawAmi, seller: Phone, operator: Phone, boss: Phone) -> None:
        self.lab, self.ami, self.seller, self.operator, self.boss = lab, ami, seller, operator, boss
        self.channel = self.link = ""

    def begin(self) -> None:
        self.seller.call(self.lab.sip_port, "74950001122", "79120001234")
        came = self.ami.wait(UserEvent="PzIn")
        self.channel, self.link = came["Channel"], came["CallId"]
        answer = self.ami.action(
            "Redirect", Channel=self.channel, Context="pz-to", Exten=self.operator.name, Priority=1
        )
        assert answer["Response"] == "Success", answer
        self.ami.wait(UserEvent="PzInUp")
        wait_for(lambda: self.seller.loudness(OPERATOR) > LOUD and self.operator.loudness(SELLER) > LOUD)

    def spy(self, letter: str) -> None:
        for phone in (self.seller, self.operator, self.boss):
            phone.forget()
        answer = self.ami.action(
            "Originate", Channel=f"PJSIP/{self.boss.name}", Context="pz-spy", Exten=f"{letter}{self.operator.name}",
            Priority=1, Async="true", ChannelId=f"spy-{letter}-{id(self):x}",
        )  # fmt: skip
        assert answer["Response"] == "Success", answer
        wait_for(lambda: self.boss.state == "talking")
        wait_for(lambda: self.boss.loudness(OPERATOR) > LOUD)


@pytest.fixture
def talk(asterisk_lab: Lab, ami: RawAmi) -> Iterator[Talk]:
    with (
        Phone("seller", SELLER, port=asterisk_lab.call_in_ports[-1]) as seller,
        Phone("op71", OPERATOR) as operator,
        Phone("op72", BOSS) as boss,
    ):
        for phone in (operator, boss):
            asterisk_lab.add_realtime(phone.name, contact=phone.contact)
        talk = Talk(asterisk_lab, ami, seller, operator, boss)
        talk.begin()
        yield talk
        seller.hang_up()
        ami.wait(UserEvent="PzEnd", CallId=talk.link)
        boss.hang_up()


def heard(phone: Phone, hertz: int, *, loud: bool) -> bool:
    """A whole window of it, so that what was heard before the change does not count."""
    phone.forget()
    wait_for(lambda: phone.heard_s() > 0.9)
    amplitude = phone.loudness(hertz)
    return amplitude > LOUD if loud else amplitude < SILENT


def test_who_listens_hears_both_and_nobody_hears_him(talk: Talk) -> None:
    talk.spy("l")
    assert heard(talk.boss, OPERATOR, loud=True) and heard(talk.boss, SELLER, loud=True)
    assert heard(talk.operator, BOSS, loud=False) and heard(talk.seller, BOSS, loud=False)


def test_a_whisper_reaches_the_operator_alone(talk: Talk) -> None:
    talk.spy("w")
    wait_for(lambda: talk.operator.loudness(BOSS) > LOUD)
    assert heard(talk.operator, BOSS, loud=True) and heard(talk.operator, SELLER, loud=True)
    assert heard(talk.seller, BOSS, loud=False) and heard(talk.seller, OPERATOR, loud=True)


def test_who_joins_is_heard_by_both(talk: Talk) -> None:
    talk.spy("b")
    wait_for(lambda: talk.seller.loudness(BOSS) > LOUD)
    assert heard(talk.seller, BOSS, loud=True) and heard(talk.operator, BOSS, loud=True)
    assert heard(talk.boss, OPERATOR, loud=True) and heard(talk.boss, SELLER, loud=True)


def test_the_talk_goes_on_when_the_supervisor_leaves(talk: Talk) -> None:
    talk.spy("b")
    talk.boss.hang_up()
    wait_for(lambda: talk.seller.loudness(BOSS) < SILENT)
    assert heard(talk.seller, OPERATOR, loud=True) and heard(talk.operator, SELLER, loud=True)


def test_a_supervisor_takes_the_talk_over_and_the_operator_is_free(talk: Talk) -> None:
    answer = talk.ami.action("Redirect", Channel=talk.channel, Context="pz-to", Exten=talk.boss.name, Priority=1)
    assert answer["Response"] == "Success", answer
    wait_for(lambda: talk.operator.state == "idle")
    wait_for(lambda: talk.seller.loudness(BOSS) > LOUD and talk.boss.loudness(SELLER) > LOUD)


def test_the_telephone_that_rings_is_told_which_call_it_is(talk: Talk) -> None:
    assert talk.operator.invited["x-pz-call"] == talk.link
    assert "answer-after" not in talk.operator.invited.get("call-info", "")  # it rings; a person answers
