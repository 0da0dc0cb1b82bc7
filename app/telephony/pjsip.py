"""pjsip.conf: transports and lines. Phones are not here: Asterisk reads them from our database as it goes."""

from __future__ import annotations

from app.telephony.conf import file, section, yes
from app.telephony.installation import LINES_IN, Installation, Line


def text(one: Installation) -> str:
    return file(
        section("global", type="global", user_agent="Prozvon", keep_alive_interval=30, max_initial_qualify_time=4),
        section("system", type="system", timer_t1=500, disable_tcp_switch="yes"),
        _transport(one, "udp"),
        _transport(one, "tcp"),
        # Both name what the built-in web server passes on; neither opens a port of its own.
        section("ws", type="transport", protocol="ws", bind=f"{one.http_host}:{one.sip_port}"),
        section("wss", type="transport", protocol="wss", bind=f"{one.http_host}:{one.sip_port}"),
        *(part for line in one.lines for part in _line(line)),
    )


def _transport(one: Installation, protocol: str) -> str:
    return section(
        protocol,
        type="transport",
        protocol=protocol,
        bind=f"{one.sip_host}:{one.sip_port}",
        external_media_address=one.public_address,
        external_signaling_address=one.public_address,
        local_net=one.local_nets,
    )


def _line(line: Line) -> list[str]:
    name, address = line.endpoint, f"sip:{line.host}:{line.port}"
    parts = [
        section(name, type="aor", contact=address, qualify_frequency=line.qualify_s, qualify_timeout="3.0"),
        _endpoint(line),
    ]
    if line.username:
        auth = {"type": "auth", "auth_type": "userpass", "username": line.username, "password": line.password}
        parts.append(section(f"{name}-auth", auth))
    if line.registers:
        parts.append(_registration(line, address))
    # A provider that registers us may call from anywhere: then the registration's own mark tells the line.
    if matches := line.match or (() if line.registers else (f"{line.host}:{line.port}",)):
        parts.append(section(f"{name}-from", type="identify", endpoint=name, match=matches))
    return parts


def _endpoint(line: Line) -> str:
    return section(
        line.endpoint,
        type="endpoint",
        context=LINES_IN,
        disallow="all",
        allow=line.codecs,
        aors=line.endpoint,
        outbound_auth=f"{line.endpoint}-auth" if line.username else "",
        from_domain=line.from_domain,
        language="ru",
        dtmf_mode="auto_info",
        direct_media="no",  # or there would be nothing to record
        rtp_symmetric="yes",
        force_rport="yes",
        send_pai=yes(line.caller_id_header == "pai"),
        send_rpid=yes(line.caller_id_header == "rpid"),
        trust_id_outbound=yes(line.caller_id_header != "from"),
        send_connected_line="no",
        allow_transfer="no",
        allow_subscribe="no",
        timers="no",
        rtp_timeout=60,  # the far side is gone without a word: nobody hangs in such a call for hours
        rtp_timeout_hold=600,
    )


def _registration(line: Line, address: str) -> str:
    return section(
        f"{line.endpoint}-reg",
        type="registration",
        server_uri=address,
        client_uri=f"sip:{line.username}@{line.from_domain or line.host}:{line.port}",
        contact_user=line.username,
        outbound_auth=f"{line.endpoint}-auth",
        endpoint=line.endpoint,
        line="yes",
        retry_interval=30,
        forbidden_retry_interval=300,
        fatal_retry_interval=300,
        max_retries=100_000,
        expiration=300,
    )
