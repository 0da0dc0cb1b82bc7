"""The one command line: every command of `python run.py <command>`. Without a command everything starts here.

Only the words are here; what a command does, and imports, is loaded when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import config
from app import database, logs
from app.errors import OutsideError, Refused

ROOT = Path(__file__).resolve().parents[1]
Command = Callable[[argparse.Namespace, config.Config], int | None]


def main(argv: Sequence[str]) -> int:
    arguments = make_parser().parse_args(argv)
    try:
        settings = config.load()
        logs.configure(as_json=settings.log_json)
        # Web and everything else that starts processes let those read the settings again for themselves.
        return int(arguments.run(arguments, config.unhurried(settings)) or 0)
    except config.ConfigError as trouble:
        print(f"Setting: {trouble}", file=sys.stderr)
        return 2
    except Refused as refused:
        from app.wording import say

        print(say(refused.reason), file=sys.stderr)
        return 1
    except OutsideError as error:
        print(error, file=sys.stderr)
        return 1


def called(module: str, name: str) -> Command:
    """The command `name` of app/<module>.py, imported when it runs: most processes need none of the others' code."""

    def command(arguments: argparse.Namespace, settings: config.Config) -> int | None:
        run: Command = getattr(importlib.import_module(f"app.{module}"), name)
        return run(arguments, settings)

    return command


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description="Without a command: everything, on this machine.")
    parser.set_defaults(run=everything)
    commands = parser.add_subparsers(metavar="command")
    add(commands, "web", web, "serve pages and API (gunicorn)")
    add(commands, "worker", worker, "run jobs; any number of workers, one of them leads")
    for name, words in (
        ("init", "deploy step: tables, permissions, roles, books; prints the first administrator's link"),
        ("migrate", "the deploy step without the link: before new web and worker processes start"),
        ("doctor", "check this installation and say what to do"),
        ("demo", "fill the embedded database with the demonstration"),
    ):
        add(commands, name, called("cli_setup", name), words)
    roles = add(commands, "roles", called("cli_setup", "roles"), "how the roles differ from this release's table")
    roles.add_argument("--restore", action="store_true", help="make the roles what the table says")
    jobs = add(commands, "jobs", called("cli_setup", "jobs"), "the jobs and their last runs")
    actions = jobs.add_subparsers(metavar="action")
    add(actions, "run", called("cli_setup", "run_job"), "run one job here and now").add_argument("name")
    crm = add(commands, "crm", called("cli_crm", "list_connections"), "the connections to CRMs and how they do")
    actions = crm.add_subparsers(metavar="action")
    add(actions, "push", called("cli_crm", "push"), "hand over the leads that are due, now")
    read = add(actions, "sync", called("cli_crm", "sync"), "read what has changed in the CRMs, now")
    read.add_argument("id", type=int, nargs="?", help="of one connection; without it all")
    sms = add(commands, "sms", called("cli_sms", "list_gateways"), "the SMS gateways and the messages on their way")
    actions = sms.add_subparsers(metavar="action")
    add(actions, "send", called("cli_sms", "send"), "send the messages that are due, now")
    add(actions, "poll", called("cli_sms", "poll"), "ask the gateways what became of messages, now")
    add(actions, "balance", called("cli_sms", "balance"), "what is left to pay at each gateway")
    mail = add(commands, "mail", called("cli_mail", "last_letters"), "whether mail is set up, and the last letters")
    actions = mail.add_subparsers(metavar="action")
    add(actions, "test", called("cli_mail", "try_mail"), "send a trial letter now").add_argument("address")
    _add_sources(commands)
    _add_ads(commands)
    _add_catalogue(commands)
    _add_filters(commands)
    _add_reports(commands)
    _add_telephony(commands)
    _add_lab(commands)
    _add_simulate(commands)
    return parser


def add(commands: Any, name: str, run: Command, words: str, *, json: bool = False) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    if json:
        command.add_argument("--json", action="store_true", help="one line of JSON")
    return command


def _add_sources(commands: Any) -> None:
    sources = add(commands, "sources", called("cli_ads", "list_sources"), "the sources and how they do")
    actions = sources.add_subparsers(metavar="action")
    pull = add(actions, "pull", called("cli_ads", "pull_source"), "pull one source now", json=True)
    pull.add_argument("key")


def _add_ads(commands: Any) -> None:
    ads = commands.add_parser("ads", help="import adverts, explain one")
    actions = ads.add_subparsers(metavar="action", required=True)
    read = add(actions, "import", called("cli_ads", "import_file"), "import a file of adverts", json=True)
    read.add_argument("file", type=Path)
    read.add_argument("--source", required=True, help="key of the source that the adverts belong to")
    read.add_argument("--format", default="", help="key of the format; without it the file is recognised")
    read.add_argument("--map", type=Path, help="JSON: our field -> column of the file")
    read.add_argument("--dry-run", action="store_true", help="read and judge everything, write nothing")
    why = add(actions, "explain", called("cli_ads", "explain_ad"), "why an advert is with whom it is", json=True)
    why.add_argument("id", type=int)


def _add_catalogue(commands: Any) -> None:
    actions = commands.add_parser("catalogue", help="grow the books").add_subparsers(metavar="action", required=True)
    read = add(actions, "import", called("cli_catalogue", "import_file"), "makes, models, generations", json=True)
    read.add_argument("file", type=Path)
    read.add_argument("--format", default="", choices=("xml", "json", "csv"), help="without it the file is recognised")
    read.add_argument("--dry-run", action="store_true", help="read and judge everything, write nothing")


def _add_filters(commands: Any) -> None:
    filters = add(commands, "filters", called("cli_ads", "list_filters"), "the filters by priority")
    actions = filters.add_subparsers(metavar="action")
    for name, words in (
        ("enable", "let a filter match"),
        ("disable", "a filter stops matching; its cards in work stay"),
        ("test", "what a filter would find now"),
    ):
        command = add(actions, name, called("cli_ads", f"{name}_filter"), words, json=True)
        command.add_argument("id", type=int)


def _add_reports(commands: Any) -> None:
    report = add(commands, "report", called("cli_reports", "tell"), "tell a report, or write it into a file")
    report.add_argument("name", help="its key, as in the address of its page")
    report.add_argument("--from", dest="first", help="the first day, 2026-11-01; without days the last seven")
    report.add_argument("--to", dest="last", help="the last day")
    report.add_argument("--group-by", help="key of the grouping, as in the address of the page")
    report.add_argument("--format", choices=("xlsx", "csv", "json"), help="without it as the file's name ends")
    report.add_argument("--out", type=Path, help="the file; without it JSON goes to the shell")


def _add_telephony(commands: Any) -> None:
    telephony = add(commands, "telephony", called("cli_telephony", "run"), "the process beside one Asterisk")
    telephony.add_argument("--asterisk", metavar="NAME", help="which; needed when several are registered")
    actions = telephony.add_subparsers(metavar="action")
    write = add(actions, "config", called("cli_installation", "write"), "every file that an Asterisk needs from us")
    write.add_argument("--out", type=Path, required=True, help="the folder to write into")
    write.add_argument("--facts", type=Path, help="the facts of the server; default: installation.toml in that folder")


def _add_lab(commands: Any) -> None:
    lab = add(commands, "lab", called("cli_lab", "show"), "the telephony laboratory: a real Asterisk and a town")
    actions = lab.add_subparsers(metavar="action")
    add(actions, "prepare", called("cli_lab", "prepare"), "ports, secrets and sounds; `make lab` brings the packages")
    ring = add(actions, "call-in", called("cli_lab", "call_in"), "let a seller of the town call us now")
    ring.add_argument("phone", help="his number; the card of a seller is found by it")
    ring.add_argument("--to", default="", help="the number of ours that he dials")
    ring.add_argument("--patience", type=int, default=45, help="seconds until he gives up")
    ring.add_argument("--talk", type=int, default=60, help="seconds until he hangs up")


def _add_simulate(commands: Any) -> None:
    command = add(commands, "simulate", called("cli_simulate", "simulate"), "try ways of pacing on a modelled shift")
    usual = "predictive,progressive,power,vicidial-average,vicidial-hard-limit,webitel,oracle"
    for name, default, words in (
        ("--operators", "", "how many; several numbers with commas make several shifts (20; replayed: as that day)"),
        ("--answer-rate", "", "of each hundred calls; several with commas (30; replayed: as that day)"),
        ("--rivals", usual, "ways of pacing, with commas"),
        ("--replay", "", "a day as 2026-11-22: rings, talks and answers of its calls in the database"),
    ):
        command.add_argument(name, default=default, help=words)
    for name, number, words in (
        ("--hours", 4.0, "how long the shift is"),
        ("--warm-up", 30.0, "minutes at its beginning that are learnt from and not counted"),
        ("--ceiling", 3.0, "of each hundred answered calls so many may be abandoned"),
        ("--ratio", 1.5, "numbers for each free operator in the power mode"),
        ("--channels", 1000.0, "calls that the lines hold at once"),
        ("--calls-per-second", 50.0, "new calls that the lines take"),
        ("--machines", 0.0, "answering machines of each hundred calls"),
    ):
        command.add_argument(name, type=float, default=number, help=f"{words} ({number:g})")
    command.add_argument("--seed", type=int, default=1, help="the same seed gives the same shift")
    command.add_argument("--seeds", type=int, default=1, help="so many shifts with the following seeds, taken together")
    command.add_argument("--format", choices=("table", "json"), default="table")
    command.add_argument("--out", type=Path, help="an SVG picture")
    command.add_argument("--table", type=Path, help="the table as Markdown")


# --- processes


def web(arguments: argparse.Namespace, settings: config.Config) -> None:
    """Becomes gunicorn: no memory is spent on a process that only waits for it."""
    os.chdir(ROOT)
    argv = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py"), "run:web_app()"]
    os.execv(sys.executable, argv)  # noqa: S606  our own argv


def worker(arguments: argparse.Namespace, settings: config.Config) -> int:
    from app.jobs import worker as process

    return process.main(settings)


def everything(arguments: argparse.Namespace, settings: config.Config) -> int:
    """Web, worker and, where no database is named, the embedded one with the demonstration."""
    from app.supervisor import Child, Supervisor, answers

    database.resolve(settings)  # starts the embedded server and tells the children by the environment
    settings = config.load()
    if code := _prepare(settings):
        return code  # the command has said what is wrong
    python = [sys.executable, str(ROOT / "run.py")]
    children = [Child("web", [*python, "web"]), Child("worker", [*python, "worker"])]
    if not settings.production:
        from app.demo.accounts import sms_port

        children.append(Child("classified", _demo_classified(settings)))
        children.append(Child("crm", _demo_crm(settings)))
        children.append(Child("sms", [sys.executable, "-m", "app.demo.sms", "--port", str(sms_port(settings))]))
        children += _laboratory(settings)
    address = f"http://{settings.host}:{settings.port}"
    supervisor = Supervisor(children, also=lambda: _telephony(settings, python))
    return supervisor.run(lambda: answers(f"{address}/readyz"), lambda: _tell(settings))


def _telephony(settings: config.Config, python: list[str]) -> list[Any] | None:
    """One process for each Asterisk that is switched on now; None when nobody can say."""
    from app.supervisor import Child

    names = database.column(settings.database_url, "SELECT name FROM asterisk WHERE is_enabled ORDER BY name")
    return (
        None
        if names is None
        else [Child(f"telephony {name}", [*python, "telephony", "--asterisk", name]) for name in names]
    )


def _laboratory(settings: config.Config) -> list[Any]:
    """The Asterisk and the town that `make lab` has prepared; the demonstration has written their configuration."""
    from app.lab import home
    from app.supervisor import Child

    found = home.load(settings.var_dir)
    return [Child(name, argv) for name, argv in home.processes(found)] if found else []


def _demo_classified(settings: config.Config) -> list[str]:
    from app.demo.accounts import classified_port, lead_token

    port, leads = str(classified_port(settings)), f"{settings.public_url}/hooks/leads/{lead_token(settings)}"
    return [sys.executable, "-m", "app.demo.classified", "--port", port, "--leads", leads]


def _demo_crm(settings: config.Config) -> list[str]:
    from app.demo.accounts import crm_port, crm_token

    hook = f"http://{settings.host}:{settings.port}/hooks/crm/{crm_token(settings)}"
    return [sys.executable, "-m", "app.demo.crm", "--port", str(crm_port(settings)), "--hook", hook]


def _prepare(settings: config.Config) -> int:
    """The deploy step in a process of its own: what it imports and reads is not carried along afterwards."""
    command = "migrate" if settings.production else "demo"
    return subprocess.run([sys.executable, str(ROOT / "run.py"), command], check=False).returncode  # noqa: S603


def _tell(settings: config.Config) -> None:
    print(f"\nProzvon is running: {settings.public_url}\n")
    if not settings.production:
        from app.demo.accounts import accounts, classified_port

        for account in accounts(settings):
            print(f"  {account.username:12} {account.password:20} {account.role}")
        from app.lab import home

        print(
            "\nA real Asterisk and a town of sellers are beside it; who answers how: python run.py lab"
            if home.load(settings.var_dir)
            else "\nThere is no telephony here, calls are made by hand. make lab brings a real Asterisk."
        )
        print(f"A seller leaves a number: http://127.0.0.1:{classified_port(settings)}/sell")
        print("A demonstration on the embedded database. Stop it with Ctrl-C.\n", flush=True)
