"""The hops to telephony in words: what was found, and what to do when it is not well."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

# code -> (what was looked at, what to do when it is not as it should be)
HOPS: dict[str, tuple[Any, Any]] = {
    "ami": (_l("Asterisk lets us in by AMI (%(host)s:%(port)s) and has started completely"), ""),
    "ami_away": (
        _l("Asterisk does not answer by AMI at %(host)s:%(port)s"),
        _l("is it running there (systemctl status asterisk), and is the address in «Servers» right?"),
    ),
    "ami_login": (
        _l("Asterisk refuses the AMI user %(user)s"),
        _l("enter the secret of manager.conf in «Servers»; its permit line must name this machine's address"),
    ),
    "ami_sealed": (
        _l("the AMI secret cannot be read: SECRET_KEY has changed"), _l("enter the secret in «Servers» once more"),
    ),
    "ami_booting": (
        _l("Asterisk lets us in but does not finish starting"),
        _l("look into /var/log/asterisk/messages; the AMI user needs read=system"),
    ),
    "ami_silent": (_l("Asterisk stopped answering: %(what)s"), _l("look into /var/log/asterisk/messages")),
    "version": (_l("its version is %(version)s"), _l("version %(oldest)s or newer is needed")),
    "dialplan": (
        _l("it knows our dialplan"),
        _l("copy the files of «python run.py telephony config» to /etc/asterisk and restart it"),
    ),
    "clock": (
        _l("its clock differs from ours by %(seconds)s s"),
        _l("let both machines take the time from a server (systemctl status systemd-timesyncd)"),
    ),
    "realtime": (
        _l("it sees telephones in our database"),
        _l("check host and password in res_pgsql.conf and extconfig.conf, and the rights of its role (role.sql)"),
    ),
    "line": (
        _l("the provider of the line %(line)s answers OPTIONS"),
        _l("check address, password and firewall of the provider in pjsip.conf (pjsip show endpoint %(endpoint)s)"),
    ),
    "line_unknown": (
        _l("Asterisk does not know the line %(line)s"),
        _l("an endpoint %(endpoint)s is not in its pjsip.conf: add [[line]] to installation.toml and write it anew"),
    ),
    "telephones": (_l("telephones on the line: %(n)s of %(of)s"), ""),
    "ws": (
        _l("browser telephones find their way to Asterisk (%(url)s)"),
        _l("something answers there with %(status)s: pass /ws on to Asterisk's port (deploy/nginx.conf)"),
    ),
    "ws_away": (
        _l("nobody answers browser telephones at %(url)s"),
        _l("check http.conf of Asterisk and the address in «Servers»"),
    ),
    "ws_none": (
        _l("no address for browser telephones is entered"), _l("enter it in «Servers», for example wss://calls.example.ru/ws"),
    ),
    "ws_mixed": (
        _l("a page by https may not open %(url)s"), _l("browsers demand wss:// there, see deploy/asterisk/README.md"),
    ),
    "recordings": (
        _l("the folder of the recordings %(folder)s can be read and written"),
        _l("give the service's user the group of Asterisk: usermod -aG asterisk prozvon"),
    ),
    "recordings_none": (
        _l("there is no folder of recordings %(folder)s"),
        _l("enter it in «Servers» as this machine sees it; from another machine mount it"),
    ),
    "disk": (
        _l("the disk of the recordings has %(free)s MB left"),
        _l("keep recordings for a shorter time or give them a larger disk; under %(wanted)s MB it becomes tight"),
    ),
    "process": (_l("the telephony process of %(server)s is alive"), ""),
    "process_away": (
        _l("the telephony process of %(server)s is silent"),
        _l("systemctl status prozvon-telephony, or: python run.py telephony"),
    ),
}  # fmt: skip
