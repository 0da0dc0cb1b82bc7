"""SIPp scenarios of the town, written from a table: the last two digits of a number say how its owner answers."""

from __future__ import annotations

from dataclasses import dataclass

_SDP = """
      v=0
      o=town 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [rtpstream_audio_port] RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=ptime:20
"""
FOREVER_MS = 600_000


@dataclass(frozen=True, slots=True)
class Seller:
    """`digits`: a regular expression of the last two. A `reply` refuses; else `sound` is played after `ring_ms`."""

    name: str
    digits: str
    reply: str = ""
    sound: str = ""
    ring_ms: int = 1500
    talk_ms: int = FOREVER_MS


# Fifty-five and everybody who is not named answers, speaks Russian and waits for us to hang up.
TOWN = (
    Seller("no_network", "03", reply="503 Service Unavailable"),
    Seller("wrong_number", "04", reply="404 Not Found"),
    Seller("switched_off", "6[0-9]", reply="480 Temporarily Unavailable"),
    Seller("machine", "7[0-9]", sound="machine", ring_ms=1000),
    Seller("no_answer", "8[0-4]", ring_ms=FOREVER_MS),
    Seller("busy", "8[5-9]", reply="486 Busy Here"),
    Seller("declines", "9[0-4]", reply="603 Decline"),
    Seller("hangs_up_early", "9[5-9]", sound="person", ring_ms=700, talk_ms=3000),
    Seller("person", "[0-9][0-9]", sound="person"),
)


def town(sounds: dict[str, str], sellers: tuple[Seller, ...] = TOWN) -> str:
    """The network's side. `sounds`: name -> file of raw A-law."""
    patterns = "".join(
        f'      <ereg regexp="INVITE sip:[+0-9]*{one.digits}@" search_in="msg" check_it="false" '
        f'assign_to="{one.name}"/>\n'
        for one in sellers
    )
    choice = "".join(f'  <nop next="{one.name}" test="{one.name}"/>\n' for one in sellers)
    return (
        _head("town of sellers")
        + '  <recv request="OPTIONS" optional="true" next="alive"/>\n'
        + f'  <recv request="INVITE" rrs="true">\n    <action>\n{_REMEMBER}{patterns}    </action>\n  </recv>\n'
        + _answer("100 Trying")
        + choice
        + _answer("404 Not Found")
        + _ACK_AND_END
        + "".join(_seller(one, sounds) for one in sellers)
        + _CANCELLED
        + _HUNG_UP
        + _label("alive") + _answer("200 OK")
        + _label("end") + '  <timewait milliseconds="200"/>\n'
        + f'  <Reference variables="{",".join(one.name for one in sellers)},theirs,ours,cseq"/>\n</scenario>\n'
    )  # fmt: skip


def phone(sound: str, *, after_ms: int = 300) -> str:
    """A telephone on a desk: rings, is picked up, sounds, waits for the other side to hang up."""
    return town({"tone": sound}, (Seller("phone", "[a-z0-9]*", sound="tone", ring_ms=after_ms),))


def caller(sound: str, *, gives_up_ms: int = 45_000, talk_ms: int = 60_000) -> str:
    """A seller rings us. Keys: `-s` the number of ours, `-key caller` his own."""
    refused = "".join(
        f'  <recv response="{code}" optional="true" next="refused"/>\n'
        for code in ("403", "404", "408", "480", "486", "500", "503", "603")
    )
    progress = "".join(f'  <recv response="{code}" optional="true"/>\n' for code in ("100", "180", "183"))
    return (
        _head("a seller calls back")
        + _send(
            f"INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{_OUR_LEG}"
            "To: <sip:[service]@[remote_ip]:[remote_port]>\nCSeq: 1 INVITE\n"
            f"Contact: <sip:[caller]@[local_ip]:[local_port]>\n{_WITH_SDP}{_SDP}",
            retrans=True,
        )
        + progress
        + refused
        + f'  <recv response="200" timeout="{gives_up_ms}" ontimeout="gives_up" rrs="true"/>\n'
        + _send(
            f"ACK [next_url] SIP/2.0\n{_OUR_LEG}[last_To:]\nCSeq: 1 ACK\nContent-Length: 0\n".replace(
                "branch=[branch]", "branch=[branch-1]"
            )
        )
        + f'  <nop><action><exec rtp_stream="{sound},-1,8,PCMA/8000"/></action></nop>\n'
        + f'  <recv request="BYE" timeout="{talk_ms}" ontimeout="hangs_up" next="bye"/>\n'
        + _label("hangs_up")
        + _send(f"BYE [next_url] SIP/2.0\n{_OUR_LEG}[last_To:]\nCSeq: 2 BYE\nContent-Length: 0\n", retrans=True)
        + '  <recv response="200" timeout="3000" ontimeout="end" next="end"/>\n'
        + _label("gives_up")
        + _send(
            f"CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{_OUR_LEG}"
            "To: <sip:[service]@[remote_ip]:[remote_port]>\nCSeq: 1 CANCEL\nContent-Length: 0\n".replace(
                "branch=[branch]", "branch=[branch-1]"
            )
        )
        + '  <recv response="200" timeout="3000" ontimeout="end"/>\n'
        + '  <recv response="487" timeout="3000" ontimeout="end" next="refused"/>\n'
        + _label("refused")
        + _send(f"ACK [next_url] SIP/2.0\n{_OUR_LEG}[last_To:]\nCSeq: 1 ACK\nContent-Length: 0\n")
        # Nobody talked: the call counts as failed, and the process ends with 1.
        + '  <recv request="INFO" timeout="50"/>\n  <nop next="end"/>\n'
        + _label("bye")
        + _answer("200 OK", same_tag=True)
        + _label("end")
        + '  <timewait milliseconds="200"/>\n</scenario>\n'
    )


# --- the words of SIP

_OUR_LEG = (
    "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
    'From: "[caller]" <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]t[call_number]\n'
    "Call-ID: [call_id]\nMax-Forwards: 70\n"
)
_WITH_SDP = "Content-Type: application/sdp\nContent-Length: [len]\n"
_TAG = ";tag=[pid]t[call_number]"
# Our own side of the talk, for the moment when the seller hangs up first.
_REMEMBER = """      <ereg regexp="[&lt;].*" search_in="hdr" header="From:" check_it="true" assign_to="theirs"/>
      <ereg regexp="[&lt;].*" search_in="hdr" header="To:" check_it="true" assign_to="ours"/>
      <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" check_it="true" assign_to="cseq"/>
"""
_ACK_AND_END = '  <recv request="ACK" timeout="4000" ontimeout="end" next="end"/>\n'


def _head(name: str) -> str:
    return f'<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="{name}">\n'


def _label(name: str) -> str:
    return f'  <label id="{name}"/>\n'


def _send(message: str, *, retrans: bool = False) -> str:
    lines = "\n".join(f"      {line.strip()}" for line in message.strip().splitlines())
    head = ' retrans="500"' if retrans else ""
    return f"  <send{head}>\n    <![CDATA[\n{lines}\n\n    ]]>\n  </send>\n".replace("      v=0", "\n      v=0")


def _answer(status: str, *, same_tag: bool = False, cseq: str = "[last_CSeq:]", sdp: bool = False) -> str:
    body = f"{_WITH_SDP}{_SDP}" if sdp else "Content-Length: 0\n"
    return _send(
        f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]{'' if same_tag else _TAG}\n[last_Call-ID:]\n{cseq}\n"
        f"Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n{body}",
        retrans=sdp,
    )


def _seller(one: Seller, sounds: dict[str, str]) -> str:
    if one.reply:
        return _label(one.name) + _answer(one.reply) + _ACK_AND_END
    text = _label(one.name) + _answer("180 Ringing")
    text += f'  <recv request="CANCEL" timeout="{one.ring_ms}" ontimeout="{one.name}_up" next="cancelled"/>\n'
    text += _label(f"{one.name}_up") + _answer("200 OK", sdp=True) + '  <recv request="ACK"/>\n'
    if one.sound:
        text += f'  <nop><action><exec rtp_stream="{sounds[one.sound]},-1,8,PCMA/8000"/></action></nop>\n'
    text += f'  <recv request="BYE" timeout="{one.talk_ms}" ontimeout="{one.name}_off" next="bye"/>\n'
    bye = (
        "BYE [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        f"From: [$ours]{_TAG}\nTo: [$theirs]\n[last_Call-ID:]\nCSeq: 2 BYE\nMax-Forwards: 70\nContent-Length: 0\n"
    )
    text += _label(f"{one.name}_off") + _send(bye, retrans=True)
    return text + '  <recv response="200" timeout="4000" ontimeout="end" next="end"/>\n'


_CANCELLED = (
    _label("cancelled")
    + _answer("200 OK")
    + _answer("487 Request Terminated", cseq="CSeq: [$cseq] INVITE")
    + _ACK_AND_END
)
_HUNG_UP = _label("bye") + _answer("200 OK", same_tag=True) + '  <nop next="end"/>\n'
