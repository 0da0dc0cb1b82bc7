"""Who may import whom, read from the source; no cycles; only the registry reaches inside a family; the fixed names."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
FAMILIES = {"sources", "crm", "sms", "reports"}
# Which format a file has can only be said by who knows all of them: a part of the contract, not a member.
OF_THE_CONTRACT = {
    "app.sources.detect", "app.reports.answers", "app.reports.rollups", "app.reports.behind", "app.reports.sheets",
    "app.reports.asking", "app.reports.lists", "app.reports.streams",
}  # fmt: skip

TALK = {"domain", "errors", "registry", "addresses"}
ASK = {"services", "models", "reports", "security", "log_ins", "settings", "domain", "errors", "extensions"}
# What a page is made of: the base view, the words, the shapes of numbers, the frame around it.
SHOW = {"kept", "safety", "wording", "wording_codes", "formats", "widgets", "pages", "shell", "compression",
        "generated_pages", "wording_fab", "letters", "wording_crm", "wording_phone", "wording_sms", "wording_incoming",
        "wording_supervisor", "wording_simulation", "seeing"}  # fmt: skip
EVERYBODY = {
    "plain_rows", "lean", *ASK, *TALK, *SHOW, "", "admin", "hooks", "recordings", "live_calls", "live_board", "api",
    "board", "guides", "config",
    "database", "desk", "filter_desk", "report_desk", "jobs", "logs", "services", "signed_in", "tables",
    "sources", "sms", "crm", "telephony", "smtp", "views", "entrance", "cli", "cli_crm", "cli_sms", "cli_ads",
    "cli_catalogue", "cli_mail", "cli_reports", "cli_setup", "doctor", "supervisor", "demo", "seeds", "lab", "cli_lab",
    "cli_installation", "wording_hops", "cli_telephony", "simulator", "cli_simulate",
}  # fmt: skip

# The room of a module is the first name below app/; "" is app/__init__.py itself. A room may always import itself.
MAY_IMPORT: dict[str, set[str]] = {
    "": EVERYBODY,
    # decides
    "domain": {"errors"},  # Reason: a verdict carries its reason, and errors.py is stdlib too
    "errors": set(), "addresses": set(), "registry": {"errors"}, "extensions": set(), "database": set(), "logs": set(),
    "seeds": {"domain", "errors"}, "simulator": {"domain"},
    # talks
    "sources": TALK, "crm": TALK, "sms": TALK, "telephony": TALK, "smtp": TALK,
    # does
    "tables": {"domain", "extensions"}, "models": {"domain", "extensions", "tables"},
    "settings": {"models", "extensions", "errors"},
    "log_ins": {"models", "extensions"}, "plain_rows": set(), "signed_in": {"plain_rows"},
    "security": {"log_ins", "signed_in", "models", "extensions"},
    # security: an invitation ends in an account; seeds: the deploy step brings the books
    "services": {"models", "plain_rows", "settings", "security", "seeds", "domain", "errors", "extensions", "sources",
                 "crm", "sms", "telephony", "smtp", "log_ins"},
    "reports": {"models", "settings", "domain", "errors", "extensions", "registry"},
    # shows
    "safety": {"extensions", "errors"}, "compression": set(), "kept": set(), "lean": set(),
    "wording": {"errors", "domain", "models", "settings", "wording_codes", "wording_admin", "wording_people",
                "wording_crm", "wording_phone", "wording_sms", "wording_incoming", "wording_supervisor",
                "wording_simulation"},
    "wording_incoming": set(), "wording_simulation": set(),
    "wording_sms": set(), "wording_crm": {"wording"}, "wording_phone": set(), "wording_supervisor": set(),
    "wording_codes": {"errors", "domain"}, "wording_admin": set(), "wording_people": set(),
    "formats": {"domain"}, "widgets": {"formats", "wording", "models", "domain"},
    "wording_fab": set(), "letters": {"services"}, "generated_pages": {"safety", "formats", "wording_fab"},
    "shell": ASK | SHOW, "pages": ASK | SHOW,
    "seeing": ASK,
    # asks
    "recordings": ASK | SHOW, "live_calls": ASK | SHOW, "guides": ASK | SHOW, "desk": ASK | SHOW, "board": ASK | SHOW,
    "live_board": ASK | SHOW | {"board"},
    "entrance": ASK | SHOW,
    "views": {"admin", "entrance"}, "hooks": ASK | {"crm"},
    "filter_desk": ASK | SHOW | {"admin"}, "report_desk": ASK | SHOW | {"admin"},
    "admin": ASK | SHOW | {"crm", "jobs", "wording_hops", "sources", "smtp"}, "api": ASK | SHOW | {"desk"},
    # The worker is a process and therefore makes the application itself.
    "jobs": ASK | {"simulator", "wording", "formats", "wording_crm", "letters", "sms", "", "config", "database",
                   "logs"},
    # For development and tests: an Asterisk and a town of sellers beside the product.
    "lab": {"telephony", "config", "database", "errors", "domain"},
    "cli_lab": {"lab", "config", "domain"},
    "cli_installation": {"config", "telephony"},
    "doctor": ASK | {"wording_hops"}, "wording_hops": set(),
    "supervisor": set(),
    "cli": {"", "config", "database", "errors", "logs", "wording", "supervisor", "demo", "jobs", "lab"},
    "cli_setup": ASK | {"", "config", "jobs", "doctor", "demo"},
    "cli_reports": ASK | {"", "config"},
    "cli_crm": ASK | {"", "config", "jobs"}, "cli_sms": ASK | {"", "config", "jobs", "sms"},
    "cli_mail": ASK | {"", "config", "letters"}, "cli_simulate": ASK | {"", "config", "simulator"},
    # The process beside an Asterisk: it hands the services to the listener, which knows none of them.
    "cli_telephony": ASK | {"config", "database", "telephony"},
    "cli_catalogue": ASK | {"cli_ads", "seeds"},
    "cli_ads": ASK | {"", "config", "sources", "wording"},  # sources: the format of a file is chosen by its contract
    "demo": EVERYBODY,
}  # fmt: skip

# What is not ours: the standard library for decisions, nothing of the web for those who talk or count.
OUTSIDE_OF_DOMAIN = {"app/domain/phones.py": {"phonenumbers"}}
WEB = {"flask", "flask_appbuilder", "flask_login", "flask_babel", "flask_wtf", "sqlalchemy", "werkzeug"}


def modules() -> list[Path]:
    return sorted(APP.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    if module.split(".")[0] == "config":
        return "config"
    return (module.split(".") + [""])[1]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path, *, at_start_only: bool = False) -> Iterator[str]:
    """Every dotted name that the file imports: `from a.b import c` gives a.b.c where that is a module, else a.b."""
    for node in _nodes(tree_of(path), at_start_only):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: absolute imports only"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known_modules() else str(node.module)


def _nodes(tree: ast.AST, at_start_only: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if at_start_only and (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_for_types(node)):
            continue
        yield node
        yield from _nodes(node, at_start_only)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def known_modules() -> frozenset[str]:
    return frozenset(name_of(path) for path in modules())


def is_ours(name: str) -> bool:
    return name.split(".")[0] in ("app", "config")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_a_module_imports_only_what_its_room_may(path):
    room = room_of(name_of(path))
    assert room in MAY_IMPORT, f"app/{room} is a new room: put it into the table"
    strangers = {
        name for name in imports(path) if is_ours(name) and room_of(name) not in MAY_IMPORT[room] | {room}
    }  # fmt: skip
    assert not strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_domain_imports_the_standard_library_and_nothing_else():
    for path in (APP / "domain").rglob("*.py"):
        allowed = OUTSIDE_OF_DOMAIN.get(str(path.relative_to(ROOT)), set())
        foreign = {name.split(".")[0] for name in imports(path) if not is_ours(name)}
        foreign -= set(sys.stdlib_module_names) | allowed
        assert not foreign, f"{path.relative_to(ROOT)} imports {sorted(foreign)}"


def test_domain_reads_no_clock_and_throws_no_dice():
    for path in (APP / "domain").rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                call = ast.unparse(node.func)
                now = call in ("datetime.now", "datetime.utcnow", "date.today", "time.time", "datetime.today")
                dice = call.startswith("random.") and call != "random.Random"
                assert not now and not dice, f"{path.relative_to(ROOT)}:{node.lineno}: {call}()"


@pytest.mark.parametrize("room", sorted({"sources", "crm", "sms", "telephony"}))
def test_an_adapter_knows_neither_the_web_nor_the_database(room):
    for path in (APP / room).rglob("*.py"):
        foreign = {name.split(".")[0] for name in imports(path)} & WEB
        assert not foreign, f"{path.relative_to(ROOT)} imports {sorted(foreign)}"


def test_a_service_is_told_who_acts_and_never_asks_the_request():
    for path in (APP / "services").rglob("*.py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module in ("flask", "flask_login"):
                names = {alias.name for alias in node.names}
                assert not names & {"request", "g", "session", "current_app", "current_user"}, path.relative_to(ROOT)


def test_only_the_registry_reaches_inside_a_family():
    for path in modules():
        room = room_of(name_of(path))
        for name in imports(path):
            parts = name.split(".")
            if name in OF_THE_CONTRACT:
                continue
            if is_ours(name) and len(parts) > 2 and parts[1] in FAMILIES - {room} and room not in ("", "demo"):
                pytest.fail(f"{path.relative_to(ROOT)} reaches for {name}; ask the registry")


def test_members_of_a_family_do_not_know_each_other():
    for family in sorted(FAMILIES & {"sources", "crm", "sms"}):
        for path in (APP / family).glob("*.py"):
            if name_of(path) in OF_THE_CONTRACT:
                continue
            others = {
                name for name in imports(path)
                if name.startswith(f"app.{family}.") and not name.split(".")[2].startswith("_")
            }  # fmt: skip
            assert not others, f"{path.relative_to(ROOT)} imports {sorted(others)}"


def test_no_import_leads_back_to_where_it_began():
    """At start; an import inside a function is there to be late."""
    graph = {
        name_of(path): {name for name in imports(path, at_start_only=True) if name in known_modules()}
        for path in modules()
    }
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> None:
        if module in trail:
            pytest.fail(" -> ".join([*trail[trail.index(module) :], module]))
        if module not in done:
            for target in sorted(graph[module]):
                visit(target, [*trail, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])


def test_importing_the_package_alone_brings_no_web_framework():
    import subprocess

    code = "import app, app.cli, app.supervisor, app.demo.accounts, sys; print('flask' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.parametrize(
    "name",
    [
        "README.md", "requirements.txt", "config.py", "run.py", "translations/ru/LC_MESSAGES/messages.po",
        "app/models.py", "app/views.py", "app/telephony", "app/jobs", "tests",
    ],
)  # fmt: skip
def test_the_fixed_names_of_the_tree_are_there(name):
    assert (ROOT / name).exists()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(APP)))
def test_a_module_opens_by_saying_what_it_is_for(path):
    assert ast.get_docstring(tree_of(path)), f"{path.relative_to(ROOT)} says nothing"
