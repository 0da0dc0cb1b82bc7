"""Our own process is dead and a seller rings: whoever the database says is on the line may still answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import CHEAP_HASH
from tests.telephony.a_phone import Phone
from tests.telephony.lab import PASSWORD, Lab, wait_for
from tests.telephony.raw_ami import RawAmi

pytestmark = pytest.mark.asterisk

EXTENSION = "op91"


@pytest.fixture
def operator(asterisk_lab: Lab) -> Iterator[Phone]:
    """A person on the line with a telephone, as the product's tables have it."""
    lab = asterisk_lab
    lab.sql("INSERT INTO asterisk (name, ami_host, ami_user) VALUES ('of the queue', 'localhost', 'x')")
    lab.sql(
        "INSERT INTO ab_user (id, first_name, last_name, username, email, password, active) "
        "VALUES (91, 'Имя', 'Очередной', 'queued', 'queued@example.test', %s, true)",
        CHEAP_HASH,
    )
    lab.sql("INSERT INTO operator_profile (user_id, presence) VALUES (91, 'ready')")
    lab.sql(
        "INSERT INTO phone_account (user_id, asterisk_id, extension) "
        "SELECT 91, id, %s FROM asterisk WHERE name = 'of the queue'",
        EXTENSION,
    )
    with Phone(EXTENSION, 440) as phone:
        lab.add_realtime(EXTENSION)
        phone.register(lab.sip_port, PASSWORD)
        wait_for(lambda: phone.registered)
        yield phone
    lab.sql("DELETE FROM ab_user WHERE id = 91")
    lab.sql("DELETE FROM asterisk WHERE name = 'of the queue'")


def test_who_is_on_the_line_answers_though_nobody_decides(asterisk_lab: Lab, ami: RawAmi, operator: Phone) -> None:
    with Phone("seller", 620, port=asterisk_lab.call_in_ports[-1]) as seller:
        seller.call(asterisk_lab.sip_port, "74950001122", "79120001235")
        link = ami.wait(UserEvent="PzIn")["CallId"]
        wait_for(lambda: seller.loudness(440) > 2500 and operator.loudness(620) > 2500, within_s=15)
        assert operator.invited["x-pz-call"] == link
        seller.hang_up()
        assert int(ami.wait(UserEvent="PzEnd", CallId=link)["TalkMs"]) > 0
    found = wait_for(
        lambda: asterisk_lab.sql("SELECT pz_called, pz_rec FROM cdr WHERE linkedid = %s AND pz_kind = 'in'", link)
    )
    assert (found[0][0], found[0][1] or "") == ("74950001122", "")  # an incoming call, and nothing was recorded


def test_who_is_away_is_not_rung_and_the_caller_is_let_go(asterisk_lab: Lab, ami: RawAmi, operator: Phone) -> None:
    asterisk_lab.sql("UPDATE operator_profile SET presence = 'offline' WHERE user_id = 91")
    with Phone("seller", 620, port=asterisk_lab.call_in_ports[-1]) as seller:
        seller.call(asterisk_lab.sip_port, "74950001122", "79120001236")
        link = ami.wait(UserEvent="PzIn")["CallId"]
        ended = ami.wait(60, UserEvent="PzEnd", CallId=link)
        assert ended["TalkMs"] == "0" and operator.calls_n == 0
        wait_for(lambda: seller.state == "refused")
