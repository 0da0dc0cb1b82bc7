"""The description: valid OpenAPI, complete, and no call of it can be broken by what a program may send."""

from __future__ import annotations

import json
import warnings
from collections import Counter

import prison
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from app.services import statuses
from tests.factories import make_ad, make_card, make_filter, make_source, make_vehicle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own dependencies', not ours
    import schemathesis

EXAMPLES = 7  # per call: all four runs together stay well under a minute


def test_it_is_valid_openapi_and_describes_every_call(app, as_program):
    told = as_program("operator").get("_openapi").json
    validate(told)
    known = {f"{method.upper()} {path}" for path, item in told["paths"].items() for method in item}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and rule.rule != "/api/v1/menu/":
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert f"{method} {rule.rule.replace('<int:pk>', '{pk}')}" in known
    push = told["paths"]["/api/v1/ads/push"]["post"]
    assert push["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/AdsPush")
    assert {"200", "400", "401", "403", "404", "409", "413", "415", "422", "429"} <= set(push["responses"])
    names = [item["operationId"] for path in told["paths"].values() for item in path.values()]
    assert len(names) == len(set(names))


def test_it_is_read_in_a_browser_too_but_only_after_a_log_in(as_operator, client):
    assert as_operator.get("/api/v1/_openapi").status_code == 200
    assert client.get("/api/v1/_openapi").status_code == 401


def test_what_is_answered_is_what_is_described(session, as_program):
    program = as_program("admin")
    make_card(session, make_vehicle(session))
    make_ad(session)
    shapes = program.get("_openapi").json["components"]["schemas"]
    for name in ("ads", "vehicles", "cards", "operators", "makes", "cities"):
        row = program.rows(f"{name}/?q=(page_size:1)")[0]
        assert set(row) <= set(shapes[name]["properties"]), name


@pytest.mark.parametrize("who", ["operator", "admin"])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_nothing_that_a_program_may_send_breaks_a_call(session, as_program, who, mode):
    statuses.seed(session)
    make_source(session, "partner", adapter="push_api")
    vehicle = make_vehicle(session)
    rows = [make_card(session, vehicle).id, make_ad(session, vehicle).id, make_filter(session).id, 987654, 2**63]
    program = as_program(who, per_minute=100_000)
    schema = schemathesis.openapi.from_dict(program.get("_openapi").json)
    broken, told = [], Counter()

    def ask(operation):
        strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

        @settings(max_examples=EXAMPLES, database=None, derandomize=True, phases=[Phase.generate], deadline=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(strategy, st.sampled_from(rows))
        def one(case, pk):
            answer = _send(program, case, pk)
            told[answer.status_code] += 1
            if answer.status_code >= 500 or answer.status_code >= 400 and "code" not in answer.json:
                broken.append(f"{case.method} {case.path} {case.query!r} {case.body!r}: {answer.status_code}")

        one()

    for found in schema.get_all_operations():
        operation = found.ok()
        if "/security/" not in operation.path:
            try:
                ask(operation)
            except schemathesis.errors.SchemathesisError as nothing:
                assert mode == "negative", nothing  # a call without parameters cannot be called wrongly
    assert not broken, "\n".join(broken[:20])
    assert told.total() > 200
    if mode == "positive":
        assert told[200] > 20, "what is asked rightly is also done"


def _send(program, case, pk):
    path = case.path.replace("{pk}", str(pk))
    query = {name: _rison(value) for name, value in (case.query or {}).items()}
    more = {}
    if case.method.upper() == "POST" and case.media_type:
        body = case.body
        data = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        more = {"data": data, "content_type": case.media_type}
    return program._call(case.method.upper(), path, query_string=query, **more)


def _rison(value):
    try:
        return prison.dumps(json.loads(value) if isinstance(value, str) else value)
    except Exception:
        return str(value)
