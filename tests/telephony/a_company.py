"""A company on the laboratory's Asterisk: a server with a line, people with telephones, sellers, its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from app import models
from app.extensions import db
from app.services import servers
from tests.databases import Server, make_app
from tests.factories import make_ad, make_card, make_group, make_seller, make_user, make_vehicle
from tests.telephony.a_phone import Phone
from tests.telephony.lab import PASSWORD, Lab, wait_for

ROOT = Path(__file__).resolve().parents[2]
_numbers = count(1)


class Company:
    def __init__(self, server: Server, lab: Lab) -> None:
        self.server, self.lab = server, lab
        self.app: Flask = make_app(server, lab.url)
        self.key = self.app.config["PROZVON"].secret_key
        self.process: subprocess.Popen[bytes] | None = None
        self.phones: list[Phone] = []
        self._seller: Phone | None = None
        with self.app.app_context():
            session = db.session()
            self.group_id = make_group(session, f"Группа входящих {next(_numbers)}").id
            self.name = f"Входящие {self.group_id}"
            row = models.Asterisk(
                name=self.name, ami_host="127.0.0.1", ami_port=lab.ami_port, ami_user=lab.ami_user,
                recordings_dir=str(lab.recordings), ws_url=lab.ws_url,
            )  # fmt: skip
            servers.set_secret(row, lab.ami_secret, self.key)
            session.add(row)
            session.flush()
            line = models.Trunk(asterisk_id=row.id, name=f"Линия {row.id}", endpoint=lab.trunk)
            session.add(line)
            session.flush()
            session.merge(models.CallerNumber(trunk_id=line.id, phone=f"7499{row.id:07d}"))
            self.id, self.ours = row.id, f"7499{row.id:07d}"
            session.commit()
            db.session.remove()

    # --- its own process

    def start(self) -> None:
        environment = os.environ | self.server.environment(self.lab.url)
        self.process = subprocess.Popen(
            [sys.executable, "run.py", "telephony", "--asterisk", self.name], cwd=ROOT, env=environment
        )
        wait_for(lambda: self.one("SELECT state = 'up' FROM asterisk WHERE id = :id", id=self.id), 30)

    def kill(self) -> None:
        """As a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(15)
        for phone in self.phones:
            phone.__exit__()
        self.sql("UPDATE asterisk SET is_enabled = false WHERE id = :id", id=self.id)
        self.sql("UPDATE operator_profile SET presence = 'offline' WHERE group_id = :id", id=self.group_id)
        self.sql("DELETE FROM phone_account WHERE asterisk_id = :id", id=self.id)
        with self.app.app_context():
            db.engine.dispose()

    # --- people

    def hire(self, hertz: int = 440, *, answers: float | None = 0.2, role: str = "Operator") -> Phone:
        """Somebody on the line whose telephone is connected; `phone.user_id` is who."""
        with self.app.app_context():
            session = db.session()
            user = make_user(session, f"hired{next(_numbers)}of{self.id}", role)
            user_id, name = user.id, f"op{user.id}"
            if role == "Operator":
                session.add(models.OperatorProfile(user_id=user_id, group_id=self.group_id, presence="ready"))
            session.add(models.PhoneAccount(user_id=user_id, asterisk_id=self.id, extension=name, kind="desk"))
            session.commit()
            db.session.remove()
        phone = Phone(name, hertz, answers=answers)
        phone.user_id = user_id
        self.phones.append(phone)
        self.lab.add_realtime(name)
        phone.register(self.lab.sip_port, PASSWORD)
        wait_for(lambda: phone.registered)
        if self.process is not None:
            wait_for(lambda: self.state_of(phone) == "not_inuse", 15)
        return phone

    def hire_in_browser(self, role: str = "Operator") -> tuple[str, int]:
        """Somebody whose telephone is a page of the product: the name to log in with, and who it is."""
        with self.app.app_context():
            session = db.session()
            user = make_user(session, f"hired{next(_numbers)}of{self.id}", role)
            found = user.username, user.id
            if role == "Operator":
                session.add(models.OperatorProfile(user_id=user.id, group_id=self.group_id, presence="ready"))
            session.add(models.PhoneAccount(user_id=user.id, asterisk_id=self.id, extension=f"op{user.id}"))
            session.commit()
            db.session.remove()
        return found

    def state_of(self, phone: Phone) -> str:
        return str(self.one("SELECT device_state FROM phone_account WHERE extension = :name", name=phone.name))

    def send_home(self) -> None:
        self.sql("UPDATE operator_profile SET presence = 'offline' WHERE group_id = :id", id=self.group_id)

    # --- sellers

    def called(self, operator: Phone | int) -> tuple[str, int]:
        """A seller whom that operator has called in vain: his number, and the card."""
        with self.app.app_context():
            session = db.session()
            who = operator if isinstance(operator, int) else operator.user_id
            profile = session.get_one(models.OperatorProfile, who)
            phone = f"7911{self.id % 100:02d}0{next(_numbers):04d}"
            seller = make_seller(session, phone)
            vehicle = make_vehicle(session, seller_id=seller.id)
            vehicle.ad_id = make_ad(session, vehicle, phone=phone).id
            card = make_card(session, vehicle, operator=profile, stage=models.IN_WORK)
            session.add(
                models.Call(
                    asterisk_id=self.id, type="individual", state="ended", outcome="no_answer", phone=phone,
                    caller_number=self.ours, operator_id=profile.user_id, card_id=card.id,
                    ended_at=text("now()"),  # type: ignore[arg-type]
                )
            )  # fmt: skip
            session.commit()
            card_id = card.id
            db.session.remove()
        return phone, card_id

    def seller(self) -> Phone:
        """At one of the ports from which the line's provider sends calls; the same one for all of a company's tests."""
        if self._seller is None:
            self._seller = Phone("seller", 620, port=self.lab.call_in_ports[-1])
            self.phones.append(self._seller)
        return self._seller

    # --- what is known

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.app.app_context():
            found = db.session.execute(text(statement), values)
            rows = list(found) if found.returns_rows else []
            db.session.commit()
            db.session.remove()
        return rows

    def one(self, statement: str, **values: Any) -> Any:
        rows = self.sql(statement, **values)
        return rows[0][0] if rows else None

    def call_of(self, phone: str) -> Any:
        """The last incoming call of that number."""
        rows = self.sql("SELECT * FROM call WHERE phone = :phone AND type = 'incoming' ORDER BY id DESC", phone=phone)
        return rows[0] if rows else None
