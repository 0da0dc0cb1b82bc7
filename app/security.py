"""Who may do what: roles and permissions in one table, log-ins that end when they should, passwords worth the name."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Flask, abort, g, has_request_context, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import Permission, PermissionView, Role, ViewMenu
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, user_logged_in, user_logged_out
from sqlalchemy import delete, select

from app import log_ins, signed_in
from app.log_ins import sha256hex
from app.models import UserSession
from app.signed_in import SignedIn

ADMIN, SUPERVISOR, OPERATOR = "Admin", "Supervisor", "Operator"
MIN_PASSWORD = 12

# What belongs to everybody who has logged in.
_OWN = [
    (r"(IndexView|UtilView|LocaleView|MenuApi)$", r".*$"),
    (
        r"(UserInfoEditView|UserDBModelView|ResetMyPasswordView)$",
        r"(can_this_form_get|can_this_form_post|can_userinfo|can_resetmypassword|can_userinfoedit|resetmypassword|userinfoedit)$",
    ),
    (r"HelpView$", r"can_help$"),
]
# Reports: an operator is told the own figures, who may `can_everyone` those of all.
_REPORTS = [
    (r"Report[A-Z]\w+$", r"can_chart$"),
    (r"ExportView$", r"can_file$"),
    (r"ReportApi$", r"can_get$"),
    (r"(Reports|Report [a-z-]+)$", r"menu_access$"),
]
# The desk's work through the API: own cards and one's own state, and what the ids in them mean.
_API = [
    (r"(CardApi|CallApi|PresenceApi)$", r"(can_get|can_work)$"),
    (r"(StatusApi|CityApi|MakeApi|CarModelApi|DescriptionApi)$", r"can_get$"),
]
_LOOK = r"(can_list|can_show)$"
_EDIT = r"(can_list|can_show|can_add|can_edit|can_delete)$"

# view pattern, permission pattern. FAB matches prefixes, so every pattern ends in `$`; a test holds us to it.
# Admin is built in and may do everything; the other two are ordinary roles, seeded once from here and then edited
# by the company's admin. `python run.py roles` shows the difference to this table and can restore it.
ROLES: dict[str, list[tuple[str, str]]] = {
    OPERATOR: [
        *_OWN,
        *_REPORTS,
        (r"DeskView$", r"(can_work|can_reveal)$"),
        (r"RecordingView$", r"can_own$"),
        (r"(Work|My ads)$", r"menu_access$"),
        *_API,
    ],
    SUPERVISOR: [
        *_OWN,
        *_REPORTS,
        (r"ExportView$", r"can_everyone$"),
        (r"(Files|Reports by mail)$", r"menu_access$"),
        (r"DeskView$", r"(can_work|can_look|can_reveal)$"),
        (r"BoardView$", r"(can_board|can_deal|can_move)$"),
        (r"LiveBoardView$", r"can_(look|aim|pause)$"),
        (r"RecordingView$", r"(can_own|can_anyones|can_download)$"),
        (r"CallView$", _LOOK),
        (r"TrunkView$", r"(can_list|can_show|start_again)$"),
        (r"(DialPrefixView|CallerNumberView|LineRuleView)$", _EDIT),
        (r"PhoneAccountView$", r"(can_list|can_show|try_call)$"),
        (r"LiveCallView$", r"can_(look|listen|whisper|barge|take_over|hang_up)$"),
        (r"CallbackView$", r"(can_callbacks|can_steer)$"),
        (r"AdFilterView$", r"(can_list|can_show|can_build|can_history|enable|disable|copy|archive)$"),
        (r"(OperatorGroupView|OperatorProfileView|StatusView|StatusRuleView|PauseReasonView)$", _EDIT),
        (r"StatusView$", r"(archive|restore)$"),
        (r"SourceView$", r"(can_list|can_show|can_add|can_edit|can_pull|can_import|pull_now|enable|disable)$"),
        (r"(SourceRunView|AdView|CardView|VehicleView|CityView|JobRunView)$", _LOOK),
        (r"SourceRunView$", r"can_rejected$"),
        (r"AdView$", r"split$"),
        (r"(MakeView|CarModelView|GenerationView)$", _EDIT),
        (r"NameAliasView$", r"(can_list|can_show|can_map|ignore)$"),
        (r"SamePairView$", r"(can_list|can_show|can_compare|can_decide|join|apart)$"),
        (r"DecidedPairView$", r"(can_list|can_show|wait_again)$"),
        (r"VehicleMoveView$", r"(can_list|can_show|undo)$"),
        (r"SellerView$", r"(can_list|can_show|is_reseller|is_private|by_score)$"),
        (r"DoNotCallView$", _EDIT),
        (r"DoNotCallView$", r"erase$"),
        (r"SmsTemplateView$", _EDIT),
        (r"CampaignView$", _EDIT),
        (r"CampaignView$", r"(start|pause|drain|stop)$"),
        (r"CampaignDialView$", _LOOK),
        (r"WhatIfView$", r"can_ask$"),
        (r"SmsMessageView$", _LOOK),
        (r"IncomingLeadView$", r"(can_list|can_show|can_give)$"),
        (r"CatalogueView$", r"can_import$"),
        (r"LeadView$", r"(can_list|can_show|can_fix|can_again|can_drop|repeat)$"),
        (r"SettingView$", r"can_settings$"),
        (r"LookupView$", r"can_look_up$"),
        *_API,
        (r"(AdApi|VehicleApi|IncomingLeadApi|SourceApi|SourceRunApi|FilterApi|GroupApi|OperatorApi)$",
         r"(can_get|can_push|can_explain|can_switch)$"),
        (r"(Telephony|Calls|Lines|Prefixes|Caller numbers|Line rules|Telephones)$", r"menu_access$"),
        (r"(Work|My ads|Control|Board|Distribution|Filters|Groups|Operators|Sources|Source runs|Adverts|Ads|"
         r"Vehicles|Cards|Same cars|Moves|Unknown names|Sellers|Leads|Do not call|Directories|Pauses|Statuses|"
         r"Status rules|Makes|Models|Generations|Cities|Import a catalogue|Settings|Business settings|Jobs|"
         r"All call-backs|Campaigns|Campaign log|What if|SMS templates|SMS messages|Incoming leads)$", r"menu_access$"),
    ],
}  # fmt: skip


def password_trouble(password: str, *, username: str = "") -> str:
    """Why a password is no good, as a code; empty when it is."""
    if len(password) < MIN_PASSWORD:
        return "password_short"
    if len(password) > 200:
        return "password_long"
    folded = password.casefold()
    if len(set(folded)) < 5 or any(bad in folded for bad in ("password", "qwerty", "123456", "йцукен", "пароль")):
        return "password_common"
    if username and username.casefold() in folded:
        return "password_is_name"
    return ""


class PasswordRefused(ValueError):
    """The password breaks the rules; `code` names which."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


KEPT_RIGHTS = 200  # sets of roles; more than any installation has


class ProzvonSecurity(SecurityManager):
    """FAB's security with sessions on the server, a back-off per account and one permission query per request."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._kept: dict[tuple[int, ...], frozenset[tuple[str, str]]] = {}  # (rights' number, role ids): rights

    def create_limiter(self, app: Flask) -> Limiter:
        limiter = Limits(key_func=app.config.get("RATELIMIT_KEY_FUNC", get_remote_address))
        limiter.init_app(app)
        return limiter

    def load_user(self, pk: str) -> Any:
        if not has_request_context() or "_user_id" not in session:  # not a browser: a command, JWT or API key
            return super().load_user(int(pk))
        found = signed_in.find(self.session, int(pk), sha256hex(session.get("sid", "")))
        if found is None:
            return None
        user, log_in = found
        now = datetime.now(UTC)
        if log_in is None or not user.is_active or not log_ins.is_alive(log_in, user.id, now):
            return None
        # Polling is not work: it must not keep an abandoned desk open.
        if not request.headers.get("X-Poll") and log_in.seen_at < now - log_ins.TOUCH_EVERY:
            log_ins.touch(log_in.sid_hash, now)
        return user

    def load_user_jwt(self, _jwt_header: Any, jwt_data: Any) -> Any:
        user = super().load_user_jwt(_jwt_header, jwt_data)
        if user is not None and not log_ins.is_token_alive(self.session, user.id, jwt_data.get("iat", 0)):
            g.pop("user", None)
            return None
        return user

    def end_sessions(self, user_id: int) -> None:
        log_ins.end_log_ins(self.session, user_id)

    # --- passwords

    def reset_password(self, userid: int, password: str) -> Any:
        user = self.get_user_by_id(userid) or abort(404)
        if trouble := password_trouble(password, username=user.username):
            raise PasswordRefused(trouble)
        done = super().reset_password(userid, password)
        self.end_sessions(userid)
        log_ins.forget_failures(self.session, user.username.casefold()[:128])  # it was the forgotten one
        self.session.commit()
        return done

    def add_user(self, username: str, *args: Any, password: str = "", hashed_password: str = "", **more: Any) -> Any:
        if password and (trouble := password_trouble(password, username=username)):
            raise PasswordRefused(trouble)
        return super().add_user(username, *args, password=password, hashed_password=hashed_password, **more)

    # --- lock-out

    def auth_user_db(self, username: str, password: str) -> Any:
        """The form and the API both ask here, so both wait after failures: per account and per address."""
        # PostgreSQL takes no NUL, nor half of a letter that JSON can tell: it would be a 500 instead of «no».
        username = (username or "").replace("\0", "").encode("utf-8", "ignore").decode()
        password = (password or "").encode("utf-8", "replace").decode()
        account, address, now = self._account_of(username), _address(), datetime.now(UTC)
        if wait := log_ins.wait_to_log_in(self.session, account, address, now):
            g.login_wait = wait  # the entrance tells it as 429; a name that nobody has waits just the same
            return None
        user = super().auth_user_db(username, password)
        if user is None:
            log_ins.log_in_failed(self.session, account, address, now)
        else:
            log_ins.log_in_succeeded(self.session, account, address, now)
        self.session.commit()
        return user

    def _account_of(self, typed: str) -> str:
        """FAB takes the e-mail too: one account must not get two rows of tries."""
        user = self.find_user(username=typed) or self.find_user(email=typed)
        return str(user.username if user else typed).casefold()[:128]

    # --- all the permissions of a request at once, kept until somebody edits a role

    def has_access(self, permission_name: str, view_name: str) -> bool:
        user = current_user._get_current_object() if has_request_context() else None
        if isinstance(user, SignedIn):  # active, or it would not have been loaded
            return self._has_view_access(user, permission_name, view_name)
        return bool(super().has_access(permission_name, view_name))

    def get_user_roles(self, user: Any) -> list[Any]:
        known: list[Any] | None = getattr(user, "all_roles", None)
        return super().get_user_roles(user) if known is None else known

    def _allowed(self, user: Any) -> frozenset[tuple[str, str]]:
        key: tuple[int, ...] | None = getattr(user, "rights", None)
        if key is None:
            return self._permissions_of(sorted({role.id for role in self.get_user_roles(user)}))
        if key not in self._kept:
            if len(self._kept) >= KEPT_RIGHTS:
                self._kept.clear()
            self._kept[key] = self._permissions_of(list(key[1:]))
        return self._kept[key]

    def _permissions_of(self, role_ids: list[int]) -> frozenset[tuple[str, str]]:
        if not role_ids:
            return frozenset()
        rows = self.session.execute(
            select(Permission.name, ViewMenu.name)
            .select_from(PermissionView)
            .join(Permission, PermissionView.permission_id == Permission.id)
            .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
            .where(PermissionView.role.any(Role.id.in_(role_ids)))
        )
        return frozenset((permission, view) for permission, view in rows)

    def _has_view_access(self, user: Any, permission_name: str, view_name: str) -> bool:
        if any(
            role.name in self.builtin_roles and self._has_access_builtin_roles(role, permission_name, view_name)
            for role in self.get_user_roles(user)
        ):
            return True
        return (permission_name, view_name) in self._allowed(user)

    def _get_user_permission_view_menus(self, user: Any, permission_name: str, view_menus_name: list[str]) -> set[str]:
        """As FAB's own, but each name once: it hands over the names of the menu many times over."""
        if user is None or not user.is_authenticated:
            return set()
        wanted = set(view_menus_name)
        allowed = {view for permission, view in self._allowed(user) if permission == permission_name} & wanted
        for role in self.get_user_roles(user):
            if role.name in self.builtin_roles:
                allowed |= {n for n in wanted - allowed if self._has_access_builtin_roles(role, permission_name, n)}
        return allowed


class Limits(Limiter):
    """The desk is asked by everybody all day and has no limits of this kind; looking for them is not free."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not (request.endpoint or "").startswith("DeskView."):
            super()._check_request_limit(callable_name, in_middleware)


def _address() -> str:
    return (request.remote_addr or "") if has_request_context() else ""


@user_logged_in.connect
def _open_session(sender: Any, user: Any, **_: Any) -> None:
    # A fresh cookie for every log-in: one planted before it is worth nothing afterwards.
    sid = secrets.token_urlsafe(32)
    session["sid"] = sid
    security = sender.appbuilder.sm
    security.session.add(
        UserSession(sid_hash=sha256hex(sid), user_id=user.id, address=(request.remote_addr or "")[:64])
    )
    security.session.commit()


@user_logged_out.connect
def _close_session(sender: Any, user: Any, **_: Any) -> None:
    security = sender.appbuilder.sm
    sid = session.pop("sid", "")
    security.session.execute(delete(UserSession).where(UserSession.sid_hash == sha256hex(sid)))
    if getattr(user, "id", None) is not None:  # whoever accepts an invitation may not have been logged in
        log_ins.end_phones(security.session, user_id=user.id)
    security.session.commit()


def wanted_permissions(role: str, known: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of the (permission, view) pairs that exist, those which the table ROLES gives to the role."""
    patterns = [(re.compile(view), re.compile(permission)) for view, permission in ROLES[role]]
    return {
        (permission, view)
        for permission, view in known
        if any(v.match(view) and p.match(permission) for v, p in patterns)
    }


def role_difference(sm: ProzvonSecurity, role_name: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(missing, extra): what the role lacks and what it has beyond the table."""
    role = sm.find_role(role_name)
    wanted = wanted_permissions(role_name, list(known_permissions(sm.session)))
    has = {(pv.permission.name, pv.view_menu.name) for pv in role.permissions} if role else set()
    return wanted - has, has - wanted


def known_permissions(session: Any) -> set[tuple[str, str]]:
    """Every (permission, view) that the database knows; empty before the first deploy."""
    rows = session.execute(
        select(Permission.name, ViewMenu.name)
        .select_from(PermissionView)
        .join(Permission, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
    )
    return {(permission, view) for permission, view in rows}


def grant_new(sm: ProzvonSecurity, before: set[tuple[str, str]]) -> int:
    """Permissions that this release has brought reach the roles that the table gives them to; edits stay as they are.

    `before` is what known_permissions() said before the deploy. Returns how many were granted.
    """
    fresh = known_permissions(sm.session) - before
    granted = 0
    for name in ROLES:
        role = sm.find_role(name)
        if role is None or not before:
            continue
        for permission, view in wanted_permissions(name, list(fresh)):
            sm.add_permission_role(role, sm.find_permission_view_menu(permission, view))
            granted += 1
    sm.session.commit()
    return granted


def seed_roles(sm: ProzvonSecurity, *, restore: bool = False) -> list[str]:
    """Deploy step, after FAB has written its permissions. A role that exists is the admin's own: left alone.

    `restore` makes the roles what the table says. Returns the names of the roles written.
    """
    written = []
    for name in ROLES:
        role = sm.find_role(name)
        if role is not None and role.permissions and not restore:
            continue
        role = role or sm.add_role(name)
        missing, extra = role_difference(sm, name)
        for permission, view in missing:
            sm.add_permission_role(role, sm.find_permission_view_menu(permission, view))
        for permission, view in extra:
            sm.del_permission_role(role, sm.find_permission_view_menu(permission, view))
        written.append(name)
    sm.session.commit()
    return written
