"""What the card shows beside the plain facts: the script, prices, both clocks, other cars, links that are safe."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import AdPrice, Setting
from tests.factories import make_card, make_seller, make_vehicle
from tests.test_desk import HTMX, card_of, profile, status

__all__ = ["profile"]


def test_the_script_of_the_group_goes_before_the_companys(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    assert "desk-script" not in as_operator.get(f"/desk/?card={card.id}").text
    session.add(Setting(name="call_script", value="Общий: {машина}"))
    assert "Общий: Пробная машина" in as_operator.get(f"/desk/?card={card.id}").text
    profile.group.script = "Меня зовут {оператор}. <b>{чужое}</b>"
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert "Меня зовут Ольга" in page and "Общий:" not in page
    assert "&lt;b&gt;{чужое}&lt;/b&gt;" in page


def test_price_changes_are_a_table_and_a_line(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    ad, now = card.vehicle.ads[0], datetime.now(UTC)
    ad.published_at = now - timedelta(days=9)
    card.vehicle.price = 450_000
    session.add(AdPrice(ad_id=ad.id, old_price=500_000, new_price=450_000, at=now - timedelta(days=2)))
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert "1 изменение цены" in page and "<polyline" in page
    assert "500\u202f000" in page and "−50\u202f000" in page


def test_the_sellers_other_cars_are_links_only_to_cards_one_may_open(
    session: Session, as_operator: Any, as_supervisor: Any, profile: Any
) -> None:
    seller = make_seller(session)
    card, own = card_of(session, profile, stage=2), card_of(session, profile)
    card.vehicle.seller_id = own.vehicle.seller_id = seller.id
    foreign = make_card(session, make_vehicle(session, seller_id=seller.id, title="Чужая машина"))
    page = as_operator.get(f"/desk/card/{card.id}", headers=HTMX).text
    assert "У продавца ещё 2 машины" in page
    assert f'"/desk/?card={own.id}"' in page and f'"/desk/?card={foreign.id}"' not in page and "Чужая машина" in page
    assert f'"/desk/?card={foreign.id}"' in as_supervisor.get(f"/desk/card/{card.id}", headers=HTMX).text


def test_links_to_adverts_and_photos_open_safely(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    ad = card.vehicle.ads[0]
    ad.url, ad.photos = "https://ads.example.test/1", ["https://ads.example.test/1.jpg", "javascript:alert(1)"]
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert page.count('rel="noopener noreferrer nofollow"') == 2
    assert "javascript:" not in page


def test_the_seller_elsewhere_has_both_clocks_on_the_chips(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    assert "у вас" not in as_operator.get(f"/desk/?card={card.id}").text.partition('class="desk-chip')[2][:400]
    city = session.execute(text("SELECT id FROM city WHERE timezone = 'Asia/Omsk' ORDER BY id LIMIT 1")).scalar_one()
    card.vehicle.city_id = city
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert 'data-gap="180"' in page and "10:00 · у вас 07:00" in page


def test_a_fresh_form_token_is_not_kept_by_anybody(as_operator: Any) -> None:
    answer = as_operator.get("/desk/token")
    assert answer.json["token"] and answer.headers["Cache-Control"] == "no-store"


def test_a_word_beside_a_card_is_a_notice_and_moves_nothing(session: Session, as_operator: Any, profile: Any) -> None:
    card, _other = card_of(session, profile, stage=2), card_of(session, profile)
    data = {"status_id": status(session, "refused").id, "version": card.version}
    answer = as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX)
    assert "Результат сохранён" in json.loads(answer.headers["HX-Trigger"])["toast"]["text"]
    assert "Результат сохранён" not in answer.text
