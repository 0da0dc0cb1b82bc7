"""On the shared adverts and feeds at least 98 of 100 written cars are recognised, in every file."""

import pytest

from bench.recognition import DATA, ENOUGH, evaluate


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
def test_cars_of_every_file_are_recognised() -> None:
    below = {
        name: (shares["make_model"], shares["missed"])
        for name, shares in evaluate(DATA).items()
        if shares["make_model"] is not None and shares["make_model"] < ENOUGH
    }
    assert below == {}
