"""SMS from the command line: how the gateways do, messages sent, their fate asked, the money left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import cli, models
from app.database import sqlalchemy_url
from app.demo.sms import LOGIN, PASSWORD
from app.services.secrets_box import seal
from tests.crm.servers import running
from tests.sms.servers import FakeSmsc


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest

    def command(*argv: str) -> tuple[int, str]:
        for name, value in server.environment(database).items():
            monkeypatch.setenv(name, value)
        code = cli.main(argv)
        return code, capsys.readouterr().out

    return command


def test_gateways_are_listed_messages_sent_and_asked_after(run, server, database):
    assert run("sms", "send") == (0, "nothing is due\n")
    with running(FakeSmsc()) as smsc, Session(create_engine(sqlalchemy_url(database))) as session:
        key = server.settings(database).secret_key
        row = models.SmsGateway(name="Шлюз", kind="smsc", is_enabled=True, hook_token="t" * 40,
                                options={"url": smsc.url},
                                secrets=seal({"login": LOGIN, "password": PASSWORD}, key))  # fmt: skip
        session.add(row)
        session.add(models.SmsMessage(phone="79160001122", text="Здравствуйте!", ground="command",
                                      created_at=datetime.now(UTC)))  # fmt: skip
        # Whatever the hour of this test: messages may arrive all day.
        session.add_all([models.Setting(name="sms_hours_from", value=0), models.Setting(name="sms_hours_to", value=24)])
        session.commit()
        assert run("sms", "send") == (0, "sent: 1\n")
        session.execute(text("UPDATE sms_message SET next_at = now()"))
        session.commit()
        assert "changed: 1" in run("sms", "poll")[1]
        assert run("sms", "balance") == (0, "Шлюз: 997.00 RUB\n")
        code, said = run("sms")
        assert code == 0 and "Шлюз" in said and "delivered: 1" in said and PASSWORD not in said
        smsc.world.balance = 0
        smsc.script = [{"error": "authorise error", "error_code": 2}]
        code, said = run("sms", "balance")
        assert code == 1 and "sms_auth" in said
