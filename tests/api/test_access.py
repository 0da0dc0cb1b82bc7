"""Every call of the API x every role, by keys: what a role has no right to is 403, what is not there is 404."""

from __future__ import annotations

import re

import pytest

from tests.factories import make_card, make_operator

EVERYBODY = r"(statuses|cities|makes|models|cards|calls)/.*|presence/|reports/|_openapi"
NOT_THERE = "987654"


def calls(app):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and not rule.rule.startswith(("/api/v1/security", "/api/v1/menu")):
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield method, re.sub(r"<int:pk>", NOT_THERE, rule.rule)


@pytest.mark.parametrize("who", ["operator", "supervisor", "admin"])
def test_a_role_may_what_its_table_says(app, as_program, who):
    program, wrong, asked = as_program(who), [], 0
    for method, address in calls(app):
        asked += 1
        code = program._call(method, address, **({"json": {}} if method == "POST" else {})).status_code
        may = who != "operator" or re.fullmatch(EVERYBODY, address.removeprefix("/api/v1/"))
        if code >= 500 or (code == 403) is bool(may):
            wrong.append(f"{method} {address}: {code}")
    assert asked > 35 and not wrong, "\n".join(wrong)


def test_nobody_gets_in_without_a_key(app, client):
    for method, address in calls(app):
        assert client.open(address, method=method).status_code == 401, address


def test_walking_the_ids_shows_an_operator_no_card_of_another(session, as_program):
    own = make_card(session, operator=profile_of(session, "operator"))
    others = [make_card(session, operator=make_operator(session)), make_card(session),
              make_card(session, for_operator_id=make_operator(session).user_id)]  # fmt: skip
    program = as_program("operator")
    assert program.get(f"cards/{own.id}").json["result"]["id"] == own.id
    assert [row["id"] for row in program.rows("cards/")] == [own.id]
    for card in others:
        answers = [program.get(f"cards/{card.id}"), program.get(f"cards/{card.id}/why")]
        bodies = {"take": {}, "status": {"status": "refused"}, "callback": {"at": "2026-11-24T10:00:00Z"},
                  "note": {"text": "чужая"}, "release": {"reason": "чужая"}, "reveal": {}}  # fmt: skip
        answers += [program.post(f"cards/{card.id}/{deed}", body) for deed, body in bodies.items()]
        assert {answer.status_code for answer in answers} == {404}
    by_owner = f"cards/?q=(filters:!((col:operator_id,opr:eq,value:{others[0].operator_id})))"
    assert program.rows(by_owner) == []
    assert as_program("supervisor").get(f"cards/{others[0].id}").status_code == 200


def profile_of(session, username):
    from app.models import OperatorProfile
    from tests.factories import get_user

    return session.get(OperatorProfile, get_user(session, username).id)
