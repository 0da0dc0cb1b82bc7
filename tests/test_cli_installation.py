"""`python run.py telephony config`: first the facts to fill in, then every file, for nobody else's eyes."""

from __future__ import annotations

import stat

import config
from app import cli


def run(*words: str) -> int:
    arguments = cli.make_parser().parse_args(["telephony", "config", *words])
    return int(arguments.run(arguments, config.load({})) or 0)


def test_the_first_run_lays_the_facts_out_and_the_second_writes_every_file(tmp_path, capsys):
    assert run("--out", str(tmp_path)) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["installation.toml"]
    assert run("--out", str(tmp_path)) == 0
    written = {path.name for path in (tmp_path / "etc").iterdir()}
    assert {"pjsip.conf", "extensions.conf", "manager.conf", "http.conf", "queues.conf", "rtp.conf", "cdr_pgsql.conf",
            "cel_pgsql.conf", "cdr_custom.conf", "logger.conf", "modules.conf", "sorcery.conf"} <= written  # fmt: skip
    assert "GRANT SELECT, INSERT ON cdr, cel" in (tmp_path / "role.sql").read_text()
    assert "provider1" in capsys.readouterr().out
    assert "asterisk -rx" in (tmp_path / "logrotate").read_text()


def test_what_holds_passwords_is_for_its_owner_alone(tmp_path):
    run("--out", str(tmp_path))
    run("--out", str(tmp_path))
    for path in [tmp_path / "installation.toml", tmp_path / "role.sql", *(tmp_path / "etc").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_second_installation_has_passwords_of_its_own(tmp_path):
    for name in ("one", "two"):
        run("--out", str(tmp_path / name))
    one, two = ((tmp_path / name / "installation.toml").read_text() for name in ("one", "two"))
    assert one != two


def test_facts_that_make_no_sense_are_told_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / "installation.toml").write_text('name = "x"')
    assert run("--out", str(tmp_path)) == 1
    assert "is missing" in capsys.readouterr().err
    assert not (tmp_path / "etc").exists()
