"""The generated screens: each renders for its role, is closed to others, costs little SQL and hides what is hidden."""

from __future__ import annotations

import pytest

from app.models import Status
from tests.factories import make_ad, make_card, make_city, make_filter, make_generation, make_group, make_seller, make_source, make_vehicle

SUPERVISORS = [
    "operatorprofileview", "operatorgroupview", "cardview", "donotcallview", "adview", "vehicleview", "samepairview",
    "vehiclemoveview", "sellerview", "sourceview", "sourcerunview", "namealiasview", "statusview", "statusruleview",
    "makeview", "carmodelview", "generationview", "cityview", "jobrunview",
]  # fmt: skip
ADMINS = ["auditview"]


@pytest.mark.parametrize("view", SUPERVISORS)
def test_a_supervisor_sees_the_list(as_supervisor, view):
    answer = as_supervisor.get(f"/{view}/list/")
    assert answer.status_code == 200, answer.text[-2000:]
