"""The CRM from the command line: how the connections do, leads handed over, clients read."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import cli, models
from app.database import sqlalchemy_url
from app.demo.crm import APPLICATION_TOKEN
from app.services.secrets_box import seal
from tests.crm.servers import FakeBitrix24, running


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest

    def command(*argv: str) -> tuple[int, str]:
        for name, value in server.environment(database).items():
            monkeypatch.setenv(name, value)
        code = cli.main(argv)
        return code, capsys.readouterr().out

    return command


def test_connections_are_listed_leads_pushed_and_clients_read(run, server, database):
    assert run("crm", "push") == (0, "nothing is due\n")
    with running(FakeBitrix24()) as portal, Session(create_engine(sqlalchemy_url(database))) as session:
        portal.world.put("contact", {"NAME": "Олег", "PHONE": [{"VALUE": "+79160001122"}]})
        secrets = {"hook_url": portal.hook, "application_token": APPLICATION_TOKEN}
        key = server.settings(database).secret_key
        session.add(models.CrmConnection(name="Портал", adapter="bitrix24", is_enabled=True, hook_token="t" * 40,
                                         secrets=seal(secrets, key)))  # fmt: skip
        session.commit()
        assert "clients: 1" in run("crm", "sync")[1]
        code, said = run("crm")
    assert code == 0 and "Портал" in said and "ok" in said and portal.hook not in said
