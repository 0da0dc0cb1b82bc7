"""How much the product understands of real adverts: towns, makes and models, and whether two adverts show one car.

Run: python -m bench recognition. The data lies outside of the project; where it is absent, this is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable

from bench import identity, identity_data, places, recognition
from bench.harness import DATA, Plan, Row, share, skipped

SEED = 1
QUICK_FILES = ("lenobl_2022", "autoru_2021")
TOWNS = {
    "adverts_rows": "towns of adverts, by adverts",
    "adverts_known_names": "towns of adverts, by certain names",
    "towns": "official towns by name and region",
    "towns_by_point": "official towns by name and point",
}


def bench(plan: Plan) -> list[Row]:
    if not DATA.is_dir():
        return [
            skipped(name, bound, "the real adverts of ../shared/data are not here")
            for name, bound in (("towns", ">= 0.99"), ("make and model", ">= 0.98"), ("same car", ">= 0.99, >= 0.95"))
        ]
    files = QUICK_FILES if plan.quick else tuple(identity.FILES)
    return [*towns(), *makes_and_models(), *same_car(files)]


def towns() -> list[Row]:
    figures = places.evaluate(DATA)
    return [share(title, figures[name], 0.99) for name, title in TOWNS.items()]


def makes_and_models() -> list[Row]:
    rows = []
    for name, figures in recognition.evaluate(DATA).items():
        told = f"{figures['rows']} adverts, {figures['ads_per_s']:,} a second"
        if figures["make_model"] is None:
            rows.append(skipped(f"make and model, {name}", ">= 0.98", "the file names no car"))
        else:
            rows.append(share(f"make and model, {name}", figures["make_model"], 0.98, told))
    return rows


def same_car(files: tuple[str, ...]) -> list[Row]:
    """Pairs of all files of a kind together, so that a large file weighs more than a small one.

    The promise holds where adverts tell something of their own car: a text, an odd mileage. Where a file has no text at
    all, and where sellers drop or rewrite it, like cars cannot be told apart more often: that is shown beside, and
    whether at least a person is asked.
    """
    told = [name for name in files if name not in identity_data.WITHOUT_TEXT]
    bare = [name for name in files if name in identity_data.WITHOUT_TEXT]
    rows = [*_pairs("posted again", told, "easy", 0.95), *_pairs("and a third lost its text", told, "usual", None)]
    if bare:
        rows += _pairs("files without texts", bare, "easy", None)
    rows += _pairs("without texts, a masked VIN", [*told, *bare], "hard_no_text_vin_hint", 0.95)
    dealer = identity.between_feeds(DATA)
    found = f"{dealer['kept']} cars, {dealer['wrong']} wrong"
    return [*rows, share("same car, a dealer's feeds ten months apart", dealer["found"] / dealer["kept"], 1.0, found)]


def _pairs(words: str, files: Iterable[str], level: str, recall: float | None) -> list[Row]:
    figures = list(identity.evaluate(DATA, SEED, files=files, levels=(level,)).values())
    right, wrong, real = (sum(one[name] for one in figures) for name in ("right", "wrong", "joined_real_pairs"))
    pairs = sum(one["right"] / one["recall"] for one in figures if one["recall"])
    ads = sum(one["ads"] for one in figures)
    shown = sum(one["recall_with_doubts"] * one["ads"] for one in figures) / ads
    counted = f"{right} right, {wrong} wrong, {real} pairs of the file itself that nobody has judged"
    return [
        share(f"same car, {words}: precision", right / (right + wrong), 0.99, counted),
        share(f"same car, {words}: recall", right / pairs, recall, f"{pairs:.0f} pairs; joined or asked {shown:.3f}"),
    ]
