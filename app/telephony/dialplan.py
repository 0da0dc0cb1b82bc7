"""extensions.conf: what a call may do. The gateway starts calls here and hears of them by our own events.

Whoever may log in to AMI may set any variable of a channel, globals too, and no right of his forbids it. Therefore
every value is filtered where it is used, a number has to agree with the extension, a line has to be one of ours,
and nothing here is read from a global.

A call is the seller's: PzEnd is told when his channel ends, or the operator's while the seller has not answered.
"""

from __future__ import annotations

from app.telephony.conf import file
from app.telephony.ends import CHECK, SPY, ends, people
from app.telephony.installation import LINES_IN, Installation
from app.telephony.steps import ID, MS, context, event, whole

ROUTE, NOBODY, CLICK, TRANSFER = "pz-to", "pz-nobody", "pz-click", "pz-xfer"
EVERYBODY = "pz-everybody"
QUEUE = "prozvon"
OTHER_NOTICE = "conf-now-recording"  # of Asterisk's own announcements, until the company has recorded one
OPERATOR_RING_S, UNATTENDED_S = 20, 30


def text(one: Installation) -> str:
    return file(
        "[general]\nstatic = yes\nwriteprotect = yes\nautofallthrough = yes\nclearglobalvars = yes\n",
        _lines(one),
        *_outgoing(one),
        *_incoming(one),
        *ends(),
        *people(),
    )


def _lines(one: Installation) -> str:
    extensions = [(line.endpoint, ["Return()"]) for line in one.lines]
    return context("pz-lines", "The lines that a call may leave by.", *extensions)


# --- to a seller


def _outgoing(one: Installation) -> list[str]:
    dial = "Dial(PJSIP/${PZ_OUT}@${PZ_LINE},${PZ_WAIT}"
    return [
        context(
            CLICK,
            "Our operator has answered; his call goes to the seller.",
            ("_7XXXXXXXXXX", [
                "Set(CHANNEL(hangup_handler_push)=pz-operator-gone,s,1)",
                "Set(CDR(pz_kind)=out)",
                f"Set(CDR(pz_id)={ID})",
                event("PzOperatorUp"),
                *_checked(one),
                'Set(__PZ_TAPE=${IF($["${PZ_REC}" = "1"]?1:0)})',
                'Set(__PZ_TELL=${IF($["${PZ_NOTICE}" = "1"]?1:0)})',
                f"{dial},U(pz-seller-up))",
                "Set(PZ_LEGS=${HANGUPCAUSE_KEYS()})",
                # One of the two legs is our own.
                r'Set(PZ_LEG=${CUT(PZ_LEGS,\,,${IF($["${CUT(PZ_LEGS,\,,1)}" = "${CHANNEL(name)}"]?2:1)})})',
                "Set(PZ_SAID=${HANGUPCAUSE(${PZ_LEG},tech)})",
                "Set(PZ_TECH=${FILTER(0-9,${CUT(PZ_SAID, ,2)})})",
                "Set(PZ_TECH=${IF($[0${PZ_TECH} >= 300]?${PZ_TECH})})",
                "Set(PZ_STATUS=${DIALSTATUS})",
                # What failed is on record already; what follows makes a second one, which says how (see records.py).
                'Hangup(${IF($["${HANGUPCAUSE}" = "0"]?19:${HANGUPCAUSE})})',
                "refuse: Set(PZ_STATUS=REFUSED)",
                "Hangup(21)",
            ]),
        ),
        context(
            "pz-seller-up",
            "The seller has answered: his leg, before the two hear each other.",
            ("s", [
                f"Set(PZ_UPMS={MS})",
                "Set(MASTER_CHANNEL(PZ_UPMS)=${PZ_UPMS})",
                "Set(CHANNEL(hangup_handler_push)=pz-over,s,1)",
                # An unfiltered name with a comma in it would run a program: MixMonitor's third argument is a command.
                f'Set(PZ_FILE=${{IF($["${{PZ_TAPE}}" = "1"]?{ID}.wav)}})',
                "Set(MASTER_CHANNEL(PZ_FILE)=${PZ_FILE})",
                event("PzSellerUp", Rec="${PZ_FILE}"),
                f'ExecIf($["${{PZ_TELL}}" = "1"]?Playback({one.notice_sound}))',
                f'ExecIf($["${{PZ_TELL}}${{PLAYBACKSTATUS}}" = "1FAILED"]?Playback({OTHER_NOTICE}))',
                # Who was to be told and could not be is not recorded.
                'ExecIf($["${PZ_TELL}${PLAYBACKSTATUS}" = "1FAILED"]?Set(PZ_FILE=))',
                'ExecIf($["${PZ_FILE}" != ""]?MixMonitor(${PZ_FILE}))',
                "Return()",
            ]),
        ),
        context(
            TRANSFER,
            "A live seller is handed to another number outside; the same questions are asked as of a new call.",
            ("_7XXXXXXXXXX", [
                *_checked(one), event("PzTransfer", Number="${PZ_OUT}"), f"{dial})", "Hangup(16)",
                "refuse: Hangup(21)",
            ]),
        ),
    ]  # fmt: skip


def _checked(one: Installation) -> list[str]:
    """Number, line, caller number and ring time, each made of what it may consist of, or the call goes nowhere."""
    return [
        "Set(PZ_OUT=${FILTER(0-9+,${PZ_DIAL})})",
        r"Set(PZ_LINE=${FILTER(0-9a-z_\-,${PZ_TRUNK})})",
        "Set(PZ_WAIT=${FILTER(0-9,${PZ_RING})})",
        f"Set(PZ_WAIT=${{IF($[0${{PZ_WAIT}} < 5 | 0${{PZ_WAIT}} > 120]?{one.ring_s}:${{PZ_WAIT}})}})",
        'GotoIf($["${PZ_OUT:-10}" != "${EXTEN:1}"]?refuse)',
        "GotoIf($[${LEN(${PZ_OUT})} > 18]?refuse)",
        'GotoIf($["${PZ_LINE}" = ""]?refuse)',
        f'GotoIf($["{ID}" = ""]?refuse)',
        *(whole(clean, raw) for clean, raw in (("PZ_OUT", "PZ_DIAL"), ("PZ_LINE", "PZ_TRUNK"))),
        "GotoIf($[${DIALPLAN_EXISTS(pz-lines,${PZ_LINE},1)} = 0]?refuse)",
        "Set(CALLERID(name)=)",
        "Set(CALLERID(num)=${FILTER(0-9+,${PZ_CALLER})})",
    ]


# --- from the network


def _incoming(one: Installation) -> list[str]:
    arrived = [
        r"Set(__PZ_ID=${FILTER(0-9a-z._\-,${CHANNEL(linkedid)})})",
        "Set(__PZ_CALLED=${FILTER(0-9+,${EXTEN})})",
        "Goto(pz-arrived,s,1)",
    ]
    return [
        context(
            LINES_IN,
            "From a line. No way leads from here to a line again.",
            ("_X.", arrived), ("_+X.", arrived), ("s", arrived),
        ),
        context(
            "pz-arrived",
            "It rings until the product has said whose telephone should.",
            ("s", [
                "Set(CHANNEL(hangup_handler_push)=pz-over,s,1)",
                "Set(__PZ_UPMS=)", "Set(__PZ_TAPE=)", "Set(PZ_FILE=)", "Set(PZ_REC=)",
                "Set(CDR(pz_kind)=in)",
                f"Set(CDR(pz_id)={ID})",
                "Set(CDR(pz_called)=${PZ_CALLED})",
                event("PzIn", Caller="${FILTER(0-9+,${CALLERID(num)})}", Called="${PZ_CALLED}",
                       Trunk=r"${FILTER(0-9a-z_\-,${CHANNEL(endpoint)})}"),
                "Ringing()",
                f"Wait({one.order_wait_s})",
                f"Goto({EVERYBODY},s,1)",
            ]),
        ),
        context(
            EVERYBODY,
            "The product is silent: whoever its database says is on the line may answer. Nothing is recorded, for only "
            "the product knows whether it may be.",
            ("s", [
                "Set(__PZ_JOIN=0)", "Set(__PZ_EXT=)",
                "Queue(prozvon,rb(pz-header^s^1),,,30)",
                f"Goto({NOBODY},s,1)",
            ]),
        ),
        context(
            ROUTE,
            "To one telephone of ours: an incoming call, or a live one that another takes over.",
            ("_[a-z0-9].", [
                "Set(__PZ_EXT=${FILTER(0-9a-z,${EXTEN})})",
                whole("PZ_EXT", "EXTEN"),
                # Who is recorded already goes on in the same file by himself.
                'Set(__PZ_JOIN=${IF($["${PZ_TAPE}" = "1" | "${PZ_REC}" = "0"]?0:1)})',
                event("PzInTo", Extension="${PZ_EXT}"),
                f"Dial(PJSIP/${{PZ_EXT}},{OPERATOR_RING_S},b(pz-header^s^1)U(pz-operator-up))",
                event("PzInMiss", Extension="${PZ_EXT}", DialStatus="${DIALSTATUS}"),
                "Ringing()",
                f"Wait({one.order_wait_s})",
                f"Goto({EVERYBODY},s,1)",
                "refuse: Hangup(21)",
            ]),
        ),
        context(
            "pz-header",
            "What a ringing telephone is told of the call.",
            ("s", [f"Set(PJSIP_HEADER(add,X-Pz-Call)={ID})", "Return()"]),
        ),
        context(
            "pz-operator-up",
            "The operator has answered: his leg, before the two hear each other.",
            ("s", [
                f'Set(PZ_UPMS=${{IF($["${{PZ_UPMS}}" = ""]?{MS}:${{PZ_UPMS}})}})',
                "Set(MASTER_CHANNEL(PZ_UPMS)=${PZ_UPMS})",
                f'Set(PZ_FILE=${{IF($["${{PZ_JOIN}}" = "1"]?{ID}.wav)}})',
                'ExecIf($["${PZ_FILE}" != ""]?Set(MASTER_CHANNEL(PZ_FILE)=${PZ_FILE}))',
                # `a`: the next operator's part of the talk follows the first one's.
                'ExecIf($["${PZ_FILE}" != ""]?MixMonitor(${PZ_FILE},a))',
                'Set(PZ_EXT=${IF($["${PZ_EXT}" = ""]?${FILTER(0-9a-z,${CHANNEL(endpoint)})}:${PZ_EXT})})',
                event("PzInUp", Extension="${PZ_EXT}", Rec="${PZ_FILE}"),
                "Return()",
            ]),
        ),
        context(
            NOBODY,
            "Nobody can answer; the caller hears so and costs nobody a minute.",
            ("s", ["Playback(vm-nobodyavail,noanswer)", "Hangup(19)"]),
        ),
    ]  # fmt: skip


__all__ = ["CHECK", "CLICK", "NOBODY", "ROUTE", "SPY", "TRANSFER", "text"]
