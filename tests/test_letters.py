"""Letters: Russian whoever writes, whole in plain text, harmless in HTML."""

from __future__ import annotations

import pytest

from app import letters

LINK = "https://calls.example.test/invite/abc-DEF_123"


@pytest.mark.parametrize("locale", ["ru", "en"])
def test_an_invitation_is_russian_and_says_all_in_plain_text(app, locale):
    with app.test_request_context(f"/?_l_={locale}"):
        letter = letters.invitation(first_name="Пётр", username="novikov", link=LINK, hours=72)
    assert letter.subject == "Приглашение в Prozvon"
    for words in ("Здравствуйте, Пётр!", "novikov", LINK, "72 ч"):
        assert words in letter.text and words in letter.html
    assert "<" not in letter.text and "\n\n\n" not in letter.text


def test_what_somebody_typed_stays_text(app):
    with app.test_request_context():
        letter = letters.invitation(first_name="<script>x</script>", username="a&b", link=LINK, hours=72)
    assert "<script>" not in letter.html and "a&amp;b" in letter.html


def test_a_new_password_says_how_long_and_what_if_it_was_not_you(app):
    with app.test_request_context():
        letter = letters.new_password(username="olga", link=LINK, minutes=60)
    assert "60 мин" in letter.text and "Это были не вы?" in letter.text and f'href="{LINK}"' in letter.html


def test_nothing_in_a_letter_is_fetched_from_anywhere(app):
    with app.test_request_context():
        page = letters.trial().html + letters.new_password(username="olga", link=LINK, minutes=60).html
    assert "<img" not in page and "src=" not in page and "<link" not in page and "@import" not in page
