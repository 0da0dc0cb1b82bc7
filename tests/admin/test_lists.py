"""Every generated list, whichever there is: few statements, and never a count of a whole table."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from app.extensions import db
from app.safety import COUNT_CAP

# The log-in's own row, the person and the roles are asked for on every page.
MOST = 12
# Flask-AppBuilder's own tables of people and rights: as short as the company is.
SHORT = {"ab_user", "ab_role", "ab_group", "ab_permission", "ab_view_menu", "ab_permission_view"}


@pytest.fixture(scope="module")
def lists(one_app):
    return sorted(rule.rule for rule in one_app.url_map.iter_rules() if rule.endpoint.endswith(".list"))


def view_of(app, address):
    views = {view.endpoint: view for view in app.extensions["appbuilder"].baseviews}
    endpoint = next(rule.endpoint for rule in app.url_map.iter_rules() if rule.rule == address)
    return views[endpoint.rpartition(".")[0]]


def has_full_count(statement):
    """count(*) straight over a table; one over a limited list of keys is as short as that."""
    found = re.search(r"\bcount\s*\(", statement, re.I)
    return bool(found) and "LIMIT" not in statement.upper() and "GROUP BY" not in statement.upper()


def test_every_list_is_walked(lists):
    assert len(lists) >= 23
    assert {"/adview/list/", "/cardview/list/", "/vehicleview/list/", "/statusview/list/"} <= set(lists)


def test_no_list_counts_a_whole_table_or_asks_more_than_a_dozen_times(app, session, as_admin, lists, count_sql):
    dear = {}
    for address in lists:
        as_admin.get(address)
        with count_sql() as counted:
            status = as_admin.get(address).status_code
        table = getattr(getattr(view_of(app, address), "datamodel", None), "obj", None)
        counts = [one for one in counted.statements if has_full_count(one)]
        if getattr(table, "__tablename__", "") in SHORT:
            counts = []
        if status != 200 or counted.n > MOST or counts:
            dear[address] = (status, counted.n, counts)
    assert not dear, dear


def test_a_list_of_a_million_rows_is_estimated_not_counted(app, session, as_admin, lists, count_sql):
    """The planner's number stands in for the count as soon as it is past what would be counted exactly."""
    for address in ("/adview/list/", "/vehicleview/list/", "/cardview/list/"):
        table = view_of(app, address).datamodel.obj.__tablename__
        session.execute(
            text("UPDATE pg_class SET reltuples = 1000000 WHERE oid = CAST(:name AS regclass)"), {"name": table}
        )
        with count_sql() as counted:
            page = as_admin.get(address).text
        assert "≈" in page and "1\u202f000\u202f000" in page, address
        assert not [one for one in counted.statements if re.search(r"count\(.*FROM \(SELECT", one, re.S)], address
    assert COUNT_CAP < 1_000_000


def test_a_narrowed_list_stops_counting_at_its_cap(session, as_admin, count_sql):
    with count_sql() as counted:
        assert as_admin.get("/adview/list/?_flt_0_year=2019").status_code == 200
    counting = [one for one in counted.statements if "count(" in one]
    assert counting and all("LIMIT" in one for one in counting)
    db.session.remove()
