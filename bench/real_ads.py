"""How much the product understands of real adverts: towns, makes and models, and whether two adverts show one car.

Run: python -m bench recognition. The data lies outside of the project; where it is absent, this is skipped.
"""

from __future__ import annotations

from typing import Any

from bench import identity, places, recognition
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
    """All files together: pairs counted, so that a large file weighs more than a small one."""
    figures = identity.evaluate(DATA, SEED, files=files, levels=("usual",)).values()
    right = sum(one["right"] for one in figures)
    wrong = sum(one["wrong"] + one["joined_real_pairs"] for one in figures)
    pairs = sum(one["right"] / one["recall"] for one in figures if one["recall"])
    reposted, found = _with_text(figures)
    dealer = identity.between_feeds(DATA)
    told = f"{right} right, {wrong} wrong"
    return [
        share("same car, precision of pairs, usual noise", right / (right + wrong), 0.99, told),
        share("same car, recall of pairs, usual noise", right / pairs, 0.95, f"{pairs:.0f} pairs"),
        share("same car, recall where the text was kept or cut", found / reposted, 0.95, f"{reposted} adverts"),
        share("same car, a dealer's feeds ten months apart", dealer["found"] / dealer["kept"], 1.0,
              f"{dealer['kept']} cars, {dealer['wrong']} wrong"),
    ]  # fmt: skip


def _with_text(figures: Any) -> tuple[int, float]:
    told = [
        counts
        for one in figures
        for kind, counts in one["scenarios"].items()
        if kind.startswith(("text_kept", "text_cut"))
    ]
    return sum(counts["n"] for counts in told), sum(counts["n"] * counts["recall"] for counts in told)
