"""The rest of the dialplan: how the end of a call is told, and what our own telephones may do."""

from __future__ import annotations

from app.telephony.installation import PHONES
from app.telephony.steps import MS, context, event, whole

SPY, CHECK = "pz-spy", "pz-check"

# --- the end, one line with all facts, whoever hangs up


def ends() -> list[str]:
    # Who did it: the seller's own channel, the operator's, or us by AMI.
    ended_by = (
        'Set(PZ_BY=${IF($["${CHANNEL(hangupsource):0:6}" != "PJSIP/"]?system:'
        '${IF($["${CHANNEL(hangupsource)}" = "${CHANNEL(name)}"]?here:there)})})'
    )
    facts = [
        f"Set(PZ_NOW={MS})",
        'Set(PZ_TALK=${IF($["${PZ_UPMS}" = ""]?0:$[${PZ_NOW} - 0${FILTER(0-9,${PZ_UPMS})}])})',
        "Set(PZ_CAUSE=${FILTER(0-9,${HANGUPCAUSE})})",
        ended_by,
    ]
    told = {
        "TalkMs": "${PZ_TALK}", "Cause": "${PZ_CAUSE}", "TechCause": "${PZ_TECH}", "Rec": "${PZ_FILE}",
    }  # fmt: skip
    status = 'Set(PZ_STATUS=${IF($["${PZ_STATUS}" = ""]?${DIALSTATUS}:${PZ_STATUS})})'
    record = [
        "Set(CDR(pz_status)=${PZ_STATUS})",
        "Set(CDR(pz_cause)=${PZ_CAUSE})",
        "Set(CDR(pz_tech)=${PZ_TECH})",
        "Set(CDR(pz_talk_ms)=${PZ_TALK})",
        "Set(CDR(pz_rec)=${PZ_FILE})",
    ]
    return [
        context(
            "pz-operator-gone",
            "The operator's leg of a call to a seller. A seller who has answered tells the end himself.",
            ("s", [
                *facts, status, *record,
                'Set(PZ_BY=${IF($["${PZ_BY}" = "here"]?operator:${IF($["${PZ_BY}" = "there"]?seller:system)})})',
                'GotoIf($["${PZ_UPMS}" != ""]?done)',
                event("PzEnd", DialStatus="${PZ_STATUS}", **told, EndedBy="${PZ_BY}"),
                "done: Return()",
            ]),
        ),
        context(
            "pz-over",
            "The seller's leg.",
            ("s", [
                *facts,
                'Set(PZ_STATUS=${IF($["${PZ_UPMS}" = ""]?${DIALSTATUS}:ANSWER)})',
                *record,
                'Set(PZ_BY=${IF($["${PZ_BY}" = "here"]?seller:${IF($["${PZ_BY}" = "there"]?operator:system)})})',
                event("PzEnd", DialStatus="${PZ_STATUS}", **told, EndedBy="${PZ_BY}"),
                "Return()",
            ]),
        ),
    ]  # fmt: skip


# --- our own telephones


def people() -> list[str]:
    listen = {"l": "qSE", "w": "qwSE", "b": "qBSE"}
    spy = [
        # "-" below: op1 must not listen to op10 as well.
        "Set(PZ_WHOM=${FILTER(0-9a-z,${EXTEN:1})})",
        whole("PZ_WHOM", "EXTEN:1"),
    ]
    return [
        context(
            PHONES,
            "What a telephone may dial by itself: a trial of its own sound, and nothing else.",
            ("600", [f"Goto({CHECK},s,1)"]),
        ),
        context(
            CHECK,
            "A telephone hears itself.",
            ("s", [
                "Set(TIMEOUT(absolute)=30)",
                "Answer()",
                f"UserEvent(PzCheck,Extension: {'${FILTER(0-9a-z,${CHANNEL(endpoint)})}'})",
                "Playback(beep)",
                "Echo()",
            ]),
        ),
        context(
            SPY,
            "A supervisor listens to, whispers to or joins an operator.",
            *((f"_{letter}[a-z0-9].", [*spy, "Answer()", f"ChanSpy(PJSIP/${{PZ_WHOM}}-,{options})", "Hangup()",
                                       "refuse: Hangup(21)"])
              for letter, options in listen.items()),
        ),
    ]  # fmt: skip
