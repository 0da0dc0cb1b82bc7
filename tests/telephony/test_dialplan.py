"""The dialplan on a real Asterisk: each outcome is told truly, and no value from outside becomes a command."""

from __future__ import annotations

import csv
import socket
import wave
from typing import Any

import pytest

from app.telephony import dialplan
from app.telephony.records import CSV_COLUMNS
from tests.telephony.lab import Lab, wait_for
from tests.telephony.raw_ami import Message, RawAmi

pytestmark = pytest.mark.asterisk


@pytest.fixture
def phone(asterisk_lab: Lab) -> str:
    asterisk_lab.add_phone("op1")
    return "op1"


def click(ami: RawAmi, link: str, number: str, **over: str) -> Message:
    """As the gateway does it; `over` replaces variables."""
    variables = {
        "__PZ_ID": link, "PZ_DIAL": f"98{number}", "PZ_TRUNK": "town", "PZ_CALLER": "74950000001", "PZ_RING": "5",
        "PZ_REC": "1",
    }  # fmt: skip
    return ami.action(
        "Originate", Channel="PJSIP/op1", Context="pz-click", Exten=number, Priority=1, Timeout=8000, Async="true",
        ChannelId=link, variables=variables | over,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_is_at_work(asterisk_lab):
    """Whoever is ready would be rung by the queue that stands in for the silent product."""
    asterisk_lab.sql("UPDATE operator_profile SET presence = 'offline'")


def end_of(ami: RawAmi, link: str, within_s: float = 12) -> Message:
    return ami.wait(within_s, UserEvent="PzEnd", CallId=link)


def dialled(ami: RawAmi, link: str) -> list[str]:
    return [
        event["DialString"]
        for event in ami.events
        if event.get("Event") == "DialBegin" and event.get("Linkedid") == link
    ]


def record_of(lab: Lab, link: str) -> tuple[Any, ...]:
    query = """SELECT disposition, pz_status, pz_cause, pz_tech, pz_talk_ms, pz_rec FROM cdr
               WHERE linkedid = %s AND pz_status IS NOT NULL"""
    rows = wait_for(lambda: lab.sql(query, link))
    assert len(rows) == 1, rows
    return rows[0]


@pytest.mark.parametrize(
    ("digits", "status", "cause", "tech"),
    [
        ("86", "BUSY", "17", "486"),
        ("04", "CHANUNAVAIL", "1", "404"),
        ("03", "CONGESTION", "34", "503"),
        ("60", "NOANSWER", "19", "480"),
        ("90", "CHANUNAVAIL", "21", "603"),
    ],
)
def test_what_the_network_answers_reaches_us_by_event_and_by_record(
    asterisk_lab, ami, phone, link, digits, status, cause, tech
):
    click(ami, link, f"790000000{digits}")
    told = end_of(ami, link)
    assert (told["DialStatus"], told["Cause"], told["TechCause"], told["TalkMs"]) == (status, cause, tech, "0")
    assert record_of(asterisk_lab, link)[1:] == (status, cause, tech, 0, None)


def test_a_number_that_only_rings_ends_after_its_ring_time(ami, phone, link):
    click(ami, link, "79000000080")
    told = end_of(ami, link)
    assert (told["DialStatus"], told["TalkMs"], told["Rec"]) == ("NOANSWER", "0", "")


def test_talk_time_counts_from_the_sellers_answer_and_the_talk_is_recorded(asterisk_lab, ami, phone, link):
    click(ami, link, "79000000099")
    told = end_of(ami, link)
    assert told["DialStatus"] == "ANSWER" and told["EndedBy"] == "seller"
    assert abs(int(told["TalkMs"]) - 3000) <= 100
    disposition, status, _cause, _tech, talk_ms, recording = record_of(asterisk_lab, link)
    assert (disposition, status, recording) == ("ANSWERED", "ANSWER", f"{link}.wav")
    assert abs(talk_ms - 3000) <= 100
    path = asterisk_lab.recordings / f"{link}.wav"
    wait_for(lambda: path.exists() and path.stat().st_size > 40_000)
    with wave.open(str(path)) as sound:
        assert 2.5 < sound.getnframes() / sound.getframerate() < 3.5


def test_no_file_is_left_of_a_call_that_is_not_to_be_recorded(asterisk_lab, ami, phone, link):
    click(ami, link, "79000000099", PZ_REC="0")
    assert end_of(ami, link)["Rec"] == ""
    assert not (asterisk_lab.recordings / f"{link}.wav").exists()


def test_who_is_to_be_told_of_the_recording_hears_it_before_the_recording_begins(asterisk_lab, ami, phone, link):
    click(ami, link, "79000000055", PZ_NOTICE="1")
    up = ami.wait(UserEvent="PzSellerUp", CallId=link)
    began = ami.wait(Event="MixMonitorStart", Linkedid=link)
    assert float(began["Timestamp"]) - float(up["Timestamp"]) > 0.7
    ami.action("Hangup", Channel=up["Channel"])
    assert end_of(ami, link)["Rec"] == f"{link}.wav"


def test_who_hung_up_is_told(ami, phone, link):
    click(ami, link, "79000000055")
    up = ami.wait(UserEvent="PzSellerUp", CallId=link)
    assert up["Rec"] == f"{link}.wav"
    ami.wait(Event="DialEnd", Linkedid=link, DialStatus="ANSWER", Context="pz-click")
    ami.action("Hangup", Channel=up["Channel"])
    assert end_of(ami, link)["EndedBy"] == "system"


def test_a_record_reaches_the_csv_file_as_well(asterisk_lab, ami, phone, link):
    click(ami, link, "79000000086")
    end_of(ami, link)
    ami.wait(Event="Cdr", UniqueID=link, PzStatus="BUSY")
    with asterisk_lab.cdr_csv.open(newline="") as file:
        lines = [dict(zip(CSV_COLUMNS, line, strict=True)) for line in csv.reader(file)]
    mine = [line for line in lines if line["linkedid"] == link and line["pz_status"]]
    assert [(line["pz_status"], line["pz_tech"], line["pz_kind"]) for line in mine] == [("BUSY", "486", "out")]


# --- values that want to be commands


@pytest.mark.parametrize(
    "exten",
    [
        "79000000055&PJSIP/op2", "79000000055@town&Local/600@pz-phones", "79000000055,300", "79000000055@op1",
        "7900000005a", "7900000005", "779000000055", "810123456789012",
    ],
)  # fmt: skip
def test_a_number_that_is_not_eleven_digits_finds_no_extension(ami, phone, link, exten):
    answer = click(ami, link, exten)
    if answer["Response"] == "Success":
        ami.wait(Event="Hangup", Uniqueid=link)
    assert not dialled(ami, link)[1:], "only our own telephone may have rung"


@pytest.mark.parametrize(
    "dial",
    [
        "9879000000055&PJSIP/op2", "9879000000055@op1", "9879000000055/x", "9879000000086", "810123456789012345678",
        "", '98" = "" | "1" = "1', "98790000000٥٥",
    ],
)  # fmt: skip
def test_dialled_digits_that_do_not_end_in_the_number_leave_by_no_line(ami, phone, link, dial):
    click(ami, link, "79000000055", PZ_DIAL=dial)
    told = end_of(ami, link)
    assert told["DialStatus"] == "REFUSED" and not dialled(ami, link)[1:]


@pytest.mark.parametrize("trunk", ["op1", "elsewhere", "town&PJSIP/op2", '"town,30"', "", "TOWN", 'town" = "town'])
def test_a_call_leaves_only_by_a_line_of_the_installation(ami, phone, link, trunk):
    click(ami, link, "79000000055", PZ_TRUNK=trunk)
    assert end_of(ami, link)["DialStatus"] == "REFUSED"


def test_globals_choose_neither_the_line_nor_the_number(ami, phone, link):
    for name, value in (("PZ_LINE", "op1"), ("PZ_OUT", "79000000099"), ("PZ_WAIT", "1"), ("PZ_TRUNK", "op1")):
        ami.action("Setvar", Variable=f"GLOBAL({name})", Value=value)
    click(ami, link, "79000000086")
    assert end_of(ami, link)["DialStatus"] == "BUSY"
    assert dialled(ami, link)[-1] == "9879000000086@town"
    for name in ("PZ_LINE", "PZ_OUT", "PZ_WAIT", "PZ_TRUNK"):
        ami.action("Setvar", Variable=f"GLOBAL({name})", Value="")


def test_a_name_of_a_call_cannot_run_a_program(asterisk_lab, ami, phone, link):
    mark = asterisk_lab.folder / f"ran-{link}"
    click(ami, link, "79000000099", __PZ_ID=f'"{link},,touch {mark};"')
    cdr = ami.wait(12, Event="Cdr", UniqueID=link)
    assert "," not in cdr["PzRec"] and "/" not in cdr["PzRec"]
    assert not mark.exists()
    assert all("," not in path.name and " " not in path.name for path in asterisk_lab.recordings.iterdir())


def test_a_name_changed_in_the_middle_of_a_call_cannot_run_a_program(asterisk_lab, ami, phone, link):
    mark = asterisk_lab.folder / f"ran-{link}"
    click(ami, link, "79000000099")
    ringing = ami.wait(Event="Newstate", Linkedid=link, Context="pz-in", ChannelStateDesc="Ringing")
    ami.action("Setvar", Channel=ringing["Channel"], Variable="PZ_ID", Value=f"x,,touch {mark}")
    ami.wait(12, Event="Hangup", Uniqueid=link)
    assert not mark.exists()


def test_a_caller_number_is_digits_whatever_was_asked(ami, phone, link):
    click(ami, link, "79000000099", PZ_CALLER='7495"<sip:x@y>,1')
    up = ami.wait(UserEvent="PzSellerUp", CallId=link)
    assert up["ConnectedLineNum"] == "74951"


@pytest.mark.parametrize("exten", ["lop1,w", "lop1-&PJSIP/x", "xop1", "l"])
def test_a_supervisor_cannot_smuggle_options_into_listening(ami, phone, link, exten):
    answer = ami.action("Originate", Channel="PJSIP/op1", Context="pz-spy", Exten=exten, Priority=1, Async="true",
                        ChannelId=link)  # fmt: skip
    if answer["Response"] == "Success":
        ami.wait(Event="Hangup", Uniqueid=link)
    assert not [event for event in ami.events if event.get("Event") == "ChanSpyStart"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Application": "System", "Data": "id"},
        {"Application": "MixMonitor", "Data": "x,,id"},
        {"Application": "EXEC", "Data": "System(id)"},
    ],
)
def test_the_gateways_account_may_not_run_applications_that_run_programs(ami, phone, link, headers):
    answer = ami.action("Originate", Channel="PJSIP/op1", Async="true", ChannelId=link, **headers)
    assert answer["Response"] == "Error"


@pytest.mark.parametrize(
    ("action", "headers"),
    [
        ("Command", {"Command": "core show version"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("ModuleLoad", {"LoadType": "reload"}),
        ("DBPut", {"Family": "x", "Key": "y", "Val": "z"}),
        ("Getvar", {"Variable": "SHELL(id)"}),
        ("MixMonitor", {"Channel": "PJSIP/op1-00000001", "File": "x"}),
    ],
)
def test_the_gateways_account_has_no_rights_beyond_calls(ami, action, headers):
    assert ami.action(action, **headers)["Response"] == "Error"


def test_the_gateways_account_is_let_in_from_its_own_address_only(asterisk_lab):
    with socket.create_connection(("127.0.0.1", asterisk_lab.ami_port), 5, source_address=("127.0.0.2", 0)) as line:
        login = f"Action: Login\r\nUsername: {asterisk_lab.ami_user}\r\nSecret: {asterisk_lab.ami_secret}\r\n\r\n"
        line.sendall(login.encode())
        heard = b""
        while b"\r\n\r\n" not in heard:
            heard += line.recv(4096)
    assert b"Response: Error" in heard and b"Authentication failed" in heard


@pytest.mark.parametrize(
    ("over", "number"),
    [
        ({}, "79000000086"), ({"PZ_DIAL": "9879000000055"}, ""), ({"PZ_TRUNK": "op1"}, ""), ({"PZ_DIAL": ""}, ""),
    ],
)  # fmt: skip
def test_a_live_seller_is_handed_on_by_a_line_and_a_number_that_agree(ami, phone, link, over, number):
    click(ami, link, "79000000055")
    up = ami.wait(UserEvent="PzSellerUp", CallId=link)
    values = {"PZ_DIAL": "9879000000086", "PZ_TRUNK": "town", "PZ_CALLER": "74950000001", "PZ_RING": "5"} | over
    for name, value in values.items():
        ami.action("Setvar", Channel=up["Channel"], Variable=name, Value=value)
    ami.action("Redirect", Channel=up["Channel"], Context="pz-xfer", Exten="79000000086", Priority=1)
    told = end_of(ami, link)
    assert told["DialStatus"] == "ANSWER"  # the seller had answered, whatever came of the rest
    handed_on = [event for event in ami.events if event.get("UserEvent") == "PzTransfer"]
    assert [event["Number"][-11:] for event in handed_on] == ([number] if number else [])


def test_nothing_is_heard_that_was_not_asked_for(ami, phone, link):
    click(ami, link, "79000000086")
    end_of(ami, link)
    kinds = {event.get("Event") for event in ami.listen(0.3)}
    assert not kinds & {"VarSet", "Newexten", "TestEvent", "RTCPSent", "Newchannel"}


# --- what a telephone may dial by itself, and what comes in


def test_telephones_dial_nothing_but_a_trial_of_their_own_sound(asterisk_lab):
    shown = asterisk_lab.asterisk.cli("dialplan show pz-phones")
    assert "'600'" in shown and "1 extension" in shown


def test_no_way_leads_from_a_line_to_a_line(asterisk_lab):
    """A provider's call, or somebody who pretends to be one, reaches our telephones only."""
    seen, todo = set(), ["pz-in"]
    text = dialplan.text(asterisk_lab.installation)
    parts = dict(part.split("]\n", 1) for part in text.split("\n[")[1:])
    while todo:
        name = todo.pop()
        seen.add(name)
        todo += [other for other in parts if other in parts[name].replace("; ", "") and other not in seen]
    assert {"pz-arrived", "pz-nobody"} <= seen
    assert not {"pz-click", "pz-xfer", "pz-lines"} & seen


def test_an_incoming_call_is_told_and_rings_whom_we_say(asterisk_lab, ami, phone):
    process = asterisk_lab.call_in("79160000055", "74950000001", talk_ms=2000)
    came = ami.wait(UserEvent="PzIn")
    assert (came["Caller"], came["Called"], came["Trunk"]) == ("79160000055", "74950000001", "town")
    assert came["CallId"] == came["Linkedid"]
    ami.action("Redirect", Channel=came["Channel"], Context="pz-to", Exten="op1", Priority=1)
    up = ami.wait(UserEvent="PzInUp", CallId=came["CallId"])
    assert up["Extension"] == "op1" and up["Rec"] == f"{came['CallId']}.wav"
    told = end_of(ami, came["CallId"])
    assert told["DialStatus"] == "ANSWER" and told["EndedBy"] == "seller" and abs(int(told["TalkMs"]) - 2000) < 400
    row = wait_for(
        lambda: asterisk_lab.sql(
            "SELECT pz_kind, pz_called, src, pz_talk_ms, pz_rec FROM cdr WHERE linkedid = %s AND pz_talk_ms > 0",
            came["CallId"],
        )
    )
    assert row[0][:3] == ("in", "74950000001", "79160000055") and row[0][3] > 1500 and row[0][4] == up["Rec"]
    wait_for(lambda: (asterisk_lab.recordings / up["Rec"]).stat().st_size > 20_000)
    assert process.process.wait(5) == 0


def test_an_incoming_call_that_nobody_takes_is_let_go(asterisk_lab, ami):
    asterisk_lab.call_in("79160000077", "74950000001")
    came = ami.wait(UserEvent="PzIn", Caller="79160000077")
    told = end_of(ami, came["CallId"], 15)
    assert told["TalkMs"] == "0" and told["Rec"] == ""


def test_a_caller_with_a_strange_name_and_number_is_told_in_digits_only(asterisk_lab, ami):
    asterisk_lab.call_in("anonymous", "+74950000001", gives_up_ms=1500)
    came = ami.wait(UserEvent="PzIn", Called="+74950000001")
    assert came["Caller"] == ""
    assert end_of(ami, came["CallId"])["TalkMs"] == "0"
