"""Everything that can be typed, into every field of every form and every argument of every address: 0 × 5xx."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.attacks import corpus
from tests.attacks.conftest import Walk, Witness, is_broken
from tests.attacks.forms import Form, arguments

ROLES = ("", "operator", "supervisor", "admin")
AT_ONCE = 4  # how many of the samples a form is given in all its fields together; each field has its own as well
# What ends the attack instead of going on with it.
LEFT_OUT = ("/logout", "/lang/")


def forms_of(walk: Walk) -> list[Form]:
    found: dict[Any, Form] = {}
    for reader in walk.read.values():
        for form in reader.forms:
            if form.kind not in found and not form.address.startswith(LEFT_OUT):
                found[form.kind] = form
    return list(found.values())


def bodies(form: Form, turn: int) -> list[dict[str, str]]:
    """The whole form full of one sample, several times; then one field after the other with a sample of its own.
    Every form begins elsewhere in the corpus, so that all of it is used on every kind of field."""
    everything = [corpus.sendable(one) for one in corpus.EVERYTHING]
    free = [name for name in form.free if name != "csrf_token"]
    sent = []
    for n in range(AT_ONCE):
        sample = everything[(turn * AT_ONCE + n * 7) % len(everything)]
        sent.append(form.values | dict.fromkeys(free, sample))
    for n, name in enumerate(free):
        sent.append(form.values | {name: everything[(turn + n * 5) % len(everything)]})
    return sent


def send(client: Any, form: Form, body: dict[str, str]) -> Any:
    if form.method == "GET":
        return client.get(urlsplit(form.address).path, query_string=body)
    data: dict[str, Any] = dict(body)
    for name in form.files:
        data[name] = (io.BytesIO(b"\0\xff,;=1+1\n"), "../../evil.csv")
    return client.post(form.address, data=data)


@pytest.mark.parametrize("role", ROLES)
def test_no_form_is_broken_by_what_is_typed_into_it(enter, walks, witness: Witness, role: str) -> None:
    client, broken, n = enter(role), [], 0
    forms = forms_of(walks[role])
    for turn, form in enumerate(forms):
        for body in bodies(form, turn):
            answer = send(client, form, body)
            n += 1
            if is_broken(answer):
                changed = {k: v[:60] for k, v in body.items() if v != form.values.get(k)}
                broken.append(f"{form.method} {form.address} {changed}: {answer.status_code} {witness.last}")
            if answer.status_code in (302, 401) and role and "/login" in (answer.location or ""):
                client = enter(role)  # a change of a role ends log-ins, as it should
            answer.close()
    assert not broken, f"{len(broken)} of {n}:\n" + "\n".join(broken[:25])
    assert len(forms) >= (2 if not role else 8) and n > 10, "the walk finds the forms"


@pytest.mark.parametrize("role", ROLES[1:])
def test_no_address_is_broken_by_its_arguments(enter, walks, witness: Witness, role: str) -> None:
    client, broken, n = enter(role), [], 0
    links = {link for reader in walks[role].read.values() for link in reader.links} | set(walks[role].read)
    everything = [corpus.sendable(one) for one in corpus.EVERYTHING]
    for turn, (path, known) in enumerate(arguments(links).items()):
        if path.startswith(LEFT_OUT) or path.startswith("/back"):
            continue
        names = [*known, "next", "q", "page"]
        for k in range(4):
            sample = everything[(turn * 4 + k * 7) % len(everything)]
            answer = client.get(path, query_string=dict.fromkeys(names, sample))
            n += 1
            if is_broken(answer):
                broken.append(f"GET {path}?{'='.join(names)} ← {sample[:40]!r}: {answer.status_code} {witness.last}")
            answer.close()
    assert not broken, f"{len(broken)} of {n}:\n" + "\n".join(broken[:25])
    assert n > 20
