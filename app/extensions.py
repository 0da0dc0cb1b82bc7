"""The parts that are made here and bound in create_app(): database session, migrations, admin, form guard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.utils.legacy import get_sqla_class
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

# A savepoint per session lets a test roll back everything that the code under test has committed.
db = get_sqla_class()(session_options={"join_transaction_mode": "create_savepoint"})
migrate = Migrate()
csrf = CSRFProtect()


@dataclass
class Outside:
    """The adapters of this process by key; filled by create_app(), replaced by fakes in tests."""

    sources: dict[str, type[Any]] = field(default_factory=dict)
    crm: dict[str, type[Any]] = field(default_factory=dict)
    crm_door: Any = None  # app.crm._http.Door: the way out to a CRM
    sms: dict[str, type[Any]] = field(default_factory=dict)
    sms_door: Any = None  # app.sms._http.Door: the way out to an SMS gateway
    public_url: str = ""  # how people reach us, for links that leave the house
    phone_key: bytes = b""  # the secret behind the marks of numbers in the stop list
    mail: Any = None  # app.smtp.MailServer; without one, links are shown to be handed over by people


outside = Outside()
