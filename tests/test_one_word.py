"""One action has one name on every screen: what a person has learnt in one place holds in all others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
PO = ROOT / "translations" / "ru" / "LC_MESSAGES" / "messages.po"

# What is said, by which words it must not be said as well, and where the other word means another thing.
ONE_NAME = (
    ("включить и выключить", r"\b(де)?актив(ир|н)|отключ|подключить снова", {
        "The site issued this number. It may stop working with the ad; no SMS reaches it.",
    }),
    ("изменить", r"\bредактир|\bотредакт|\bмодифицир", set()),
    ("удалить", r"\bудалени[ея] прошло|\bснести\b|\bуничтож", set()),
    ("супервайзер", r"\bсупервизор|\bначальник смены", set()),
    ("перезвон", r"\bобратный звонок|\bобратного звонка|\bколл?бэк", set()),
    ("оператор", r"\bагент(а|у|ом|ы|ов)?\b", set()),
    ("стоп-лист", r"\bч[её]рн(ый|ого|ом) спис", set()),
    ("вход", r"\bзалогин|\bлогаут|\bразлогин", set()),
)  # fmt: skip


def said() -> Iterator[tuple[str, str]]:
    with PO.open("rb") as file:
        for message in read_po(file, locale="ru"):
            texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
            name = message.id if isinstance(message.id, str) else message.id[0] if message.id else ""
            if name:
                yield from ((name, text) for text in texts)


@pytest.mark.parametrize(("one", "others", "fine"), ONE_NAME, ids=[one for one, _, _ in ONE_NAME])
def test_one_action_has_one_name(one: str, others: str, fine: set[str]) -> None:
    wrong = [f"{name!r}: {text}" for name, text in said() if name not in fine and re.search(others, text, re.I)]
    assert not wrong, f"«{one}» has other names too:\n" + "\n".join(wrong)


def test_trouble_is_never_told_by_the_word_alone() -> None:
    wrong = [name for name, text in said() if re.fullmatch(r"\W*(ошибка|сбой|неудача)\W*", text, re.I)]
    assert not wrong, wrong


def test_people_are_addressed_with_a_small_letter() -> None:
    inside = re.compile(r"(?<=[а-яё,;] )В(ы|ас|ам|аш\w*)\b")
    wrong = [f"{name!r}: {text}" for name, text in said() if inside.search(text)]
    assert not wrong, "\n".join(wrong)


def test_buttons_say_what_they_do() -> None:
    """The red and the blue ones: a verb, or where they lead."""
    buttons = set()
    for file in (ROOT / "app" / "templates").rglob("*.html"):
        page = file.read_text("utf-8")
        for inside in re.findall(r'<button[^>]*class="btn btn-(?:primary|danger)[^>]*>(.*?)</button>', page, re.S):
            buttons |= set(re.findall(r'_\("([^"]+)"\)', inside))
    russian = dict(said())
    verb = re.compile(r"(ть|ти|чь|ться)\b")
    wrong = [russian[one] for one in sorted(buttons) if one in russian and not verb.search(russian[one])]
    # Answers to a question that stands above them.
    assert set(wrong) <= {"Следующее", "Да", "Это оно", "Один автомобиль"}, wrong
    assert len(buttons) > 15
