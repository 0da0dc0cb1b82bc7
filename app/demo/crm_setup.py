"""Connects the demonstration with its own CRM, so that a newcomer sees leads arrive."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import config
from app.crm.bitrix24 import Bitrix24
from app.demo.accounts import crm_port, crm_token
from app.demo.crm import APPLICATION_TOKEN, CODE
from app.models import CrmConnection
from app.services.secrets_box import seal

NAME = "Демо-CRM"


def install(session: Session, settings: config.Config) -> None:
    row = session.execute(select(CrmConnection).where(CrmConnection.name == NAME)).scalar_one_or_none()
    if row is None:
        row = CrmConnection(
            name=NAME, adapter="bitrix24", options={"entity": "lead"}, is_enabled=True, sync_minutes=1,
            field_map=[list(pair) for pair in (*Bitrix24.fields_known, ("UF_CRM_VIN", "{vin}"))],
            car_map=dict(Bitrix24.cars_known),
        )  # fmt: skip
        session.add(row)
    address = f"http://127.0.0.1:{crm_port(settings)}/rest/1/{CODE}/"
    row.secrets = seal({"hook_url": address, "application_token": APPLICATION_TOKEN}, settings.secret_key)
    row.hook_token, row.next_sync_at = crm_token(settings), datetime.now(UTC)
    # The made-up CRM begins anew with every start: what was known of it is asked again from the beginning.
    row.cursor = {}
    session.flush()
