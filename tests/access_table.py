"""Who may open what: every address of the application, once. A new address without a line here fails the build.

A line is (pattern, who). The pattern is matched in full against "<METHOD> <rule>"; the first line that fits counts.
An action of a list is asked by its own name: "POST /sourceview/action/pull_now/<pk>".
"""

from __future__ import annotations

ANYBODY, LOGGED_IN, SUPERVISOR, ADMIN, NOBODY = "anybody", "logged in", "supervisor", "admin", "nobody"

# Who is let in by each word, in the order anonymous, operator, supervisor, admin.
LET_IN: dict[str, tuple[bool, bool, bool, bool]] = {
    ANYBODY: (True, True, True, True),
    LOGGED_IN: (False, True, True, True),
    SUPERVISOR: (False, False, True, True),
    ADMIN: (False, False, False, True),
    NOBODY: (False, False, False, False),
}

# What supervisors look at, and what they also write.
LOOK = ("adview|cardview|cityview|decidedpairview|jobrunview|namealiasview|samepairview|sellerview|sourcerunview|"
        "sourceview|vehiclemoveview|vehicleview")  # fmt: skip
EDIT = ("carmodelview|donotcallview|generationview|makeview|pausereasonview|operatorgroupview|operatorprofileview|"
        "statusruleview|statusview")  # fmt: skip

ACCESS: tuple[tuple[str, str], ...] = (
    # nobody's room
    (r"GET /(healthz|readyz)", ANYBODY),
    (r"GET /static/(appbuilder/)?<path:filename>", ANYBODY),
    (r"(GET|POST) /login/", ANYBODY),
    (r"GET /logout/", ANYBODY),
    (r"GET /", ANYBODY),  # leads to the log-in
    (r"GET /back", ANYBODY),
    (r"GET /lang/<string:locale>", ANYBODY),
    (r"(GET|POST) /invite/<token>", ANYBODY),
    (r"(GET|POST) /forgot", ANYBODY),
    (r"POST /api/v1/security/login", ANYBODY),
    (r"POST /hooks/crm/<token>", ANYBODY),  # the signature is what counts; here 404
    (r"POST /hooks/leads/<token>", ANYBODY),  # the address and a signature; here 404
    (r"POST /hooks/sms/<token>", ANYBODY),  # the address is the secret; here 404
    (r"POST /api/v1/security/refresh", NOBODY),  # without a token of its own
    (r"GET /api/v1/menu/", LOGGED_IN),
    # programs: without a key or a token of their own nobody; tests/api/test_access.py asks for every role
    (r"GET /api/v1/_openapi", LOGGED_IN),
    (
        r"GET /api/v1/(ads|vehicles|cards|calls|leads|sources|source_runs|filters|groups|operators|statuses|cities"
        r"|makes|models)/(<int:pk>)?",
        NOBODY,
    ),
    (r"GET /api/v1/ads/<int:pk>/explain", NOBODY),
    (r"GET /api/v1/cards/<int:pk>/why", NOBODY),
    (r"(GET|POST) /api/v1/(presence|reports)/", NOBODY),
    (r"POST /api/v1/(ads|leads)/push", NOBODY),
    (r"POST /api/v1/calls/(<int:pk>/hangup)?", NOBODY),
    (r"POST /api/v1/cards/(next|<int:pk>/(take|status|callback|note|release|reveal))", NOBODY),
    (r"POST /api/v1/filters/<int:pk>/(enable|disable)", NOBODY),
    # one's own account
    (r"(GET|POST) /(resetmypassword|userinfoeditview)/form", LOGGED_IN),
    (r"GET /users/userinfo/", LOGGED_IN),
    (r"POST /users/action/(resetmypassword|userinfoedit)/<pk>", LOGGED_IN),
    (r"(GET|POST) /help/.*", LOGGED_IN),
    # the desk
    (r"GET /desk/look", SUPERVISOR),
    (r"(GET|POST) /desk/.*", LOGGED_IN),
    # talks: an operator's own ones, by a right of its own
    (r"GET /recordings/<int:call_id>", LOGGED_IN),
    (r"GET /recordings/<int:call_id>/file", SUPERVISOR),
    (r"GET /live/(calls|orders/<int:order_id>)", SUPERVISOR),
    (r"POST /live/calls/<int:call_id>/(listen|whisper|barge|take_over|hangup)", SUPERVISOR),
    # the board and the filters
    (r"(GET|POST) /board/.*", SUPERVISOR),
    (r"GET /callbacks/", SUPERVISOR),
    (r"POST /callbacks/(hand_over|share|keep|replan|undo/<int:move_id>)", SUPERVISOR),
    (r"(GET|POST) /adfilterview/.*", SUPERVISOR),
    (r"GET /lookup/.*", SUPERVISOR),
    # reports: one's own figures, or everybody's by a right
    (r"(GET|POST) /reports/.*", LOGGED_IN),
    (r"(GET|POST) /exports/everyone", SUPERVISOR),
    (r"(GET|POST) /exports/<token>.*", LOGGED_IN),
    (r"GET /mailings/", LOGGED_IN),
    (r"POST /mailings/", SUPERVISOR),
    (r"POST /mailings/<int:mailing_id>/stop", LOGGED_IN),
    # generated screens
    (rf"GET /({LOOK}|{EDIT})/(list/|show/<pk>)", SUPERVISOR),
    (rf"(GET|POST) /({EDIT})/(add|edit/<pk>)", SUPERVISOR),
    (rf"POST /({EDIT})/delete/<pk>", SUPERVISOR),
    (rf"POST /({LOOK})/action/\w+/<pk>", SUPERVISOR),
    (rf"POST /({LOOK})/action_post", SUPERVISOR),
    (r"GET /statusview/preview", SUPERVISOR),
    (r"POST /statusview/(action/(archive|restore)/<pk>|action_post)", SUPERVISOR),
    (r"(GET|POST) /donotcallview/(find|import)", SUPERVISOR),
    (r"POST /donotcallview/(action/erase/<pk>|action_post)", SUPERVISOR),
    (r"GET /generationview/models", SUPERVISOR),
    (r"(GET|POST) /what-if/", SUPERVISOR),
    (r"GET /what-if/<int:simulation_id>(/progress)?", SUPERVISOR),
    (r"(GET|POST) /catalogue/", SUPERVISOR),
    (r"GET /catalogue/<token>(/progress)?", SUPERVISOR),
    (r"POST /catalogue/<token>/(start|drop)", SUPERVISOR),
    (r"(GET|POST) /namealiasview/map/<int:alias_id>", SUPERVISOR),
    (r"GET /namealiasview/targets/<int:alias_id>", SUPERVISOR),
    (r"GET /samepairview/compare/<int:pair_id>", SUPERVISOR),
    (r"POST /samepairview/decide/<int:pair_id>", SUPERVISOR),
    (r"GET /sourcerunview/rejected/<int:run_id>.csv", SUPERVISOR),
    (r"(GET|POST) /sourceview/(add|edit/<pk>|import)", SUPERVISOR),
    (r"POST /sourceview/check", SUPERVISOR),
    (r"GET /sourceview/import/<token>(/progress)?", SUPERVISOR),
    (r"POST /sourceview/import/<token>/(start|drop)", SUPERVISOR),
    (r"(GET|POST) /settingview/", SUPERVISOR),
    # telephony: who steers the work looks and chooses; servers and telephones are the administrator's
    (r"GET /(callview|trunkview|phoneaccountview)/(list/|show/<pk>)", SUPERVISOR),
    (r"POST /trunkview/(action/start_again/<pk>|action_post)", SUPERVISOR),
    (r"POST /phoneaccountview/(action/try_call/<pk>|action_post)", SUPERVISOR),
    (r"GET /(dialprefixview|callernumberview|lineruleview)/(list/|show/<pk>)", SUPERVISOR),
    (r"(GET|POST) /(dialprefixview|callernumberview|lineruleview)/(add|edit/<pk>|delete/<pk>)", SUPERVISOR),
    (r"(GET|POST) /(trunkview|phoneaccountview|asteriskview)/(add|edit/<pk>|delete/<pk>)", ADMIN),
    (r"GET /asteriskview/(list/|show/<pk>)", ADMIN),
    (r"POST /asteriskview/check/<pk>", ADMIN),
    (r"GET /groupsupervisorview/(list/|show/<pk>)", ADMIN),
    (r"(GET|POST) /groupsupervisorview/(add|delete/<pk>)", ADMIN),
    # the CRM
    (r"GET /leadview/(list/|show/<pk>)", SUPERVISOR),
    (
        r"POST /leadview/(fix/<int:lead_id>|(again|drop)/<int:lead_id>/<int:push_id>|action/repeat/<pk>|action_post)",
        SUPERVISOR,
    ),
    (r"GET /crmconnectionview/(list/|show/<pk>)", ADMIN),
    (r"(GET|POST) /crmconnectionview/(add|edit/<pk>)", ADMIN),
    (r"POST /crmconnectionview/(check|action/(sync_now|call_clients|enable|disable)/<pk>|action_post)", ADMIN),
    (r"GET /leadintakeview/(list/|show/<pk>|code/<pk>)", ADMIN),
    (r"(GET|POST) /leadintakeview/(add|edit/<pk>)", ADMIN),
    (r"POST /leadintakeview/secret/<pk>", ADMIN),
    (r"GET /incomingleadview/(list/|show/<pk>|late)", SUPERVISOR),
    (r"POST /incomingleadview/(give|undo/<int:move_id>)", SUPERVISOR),
    # SMS
    (r"GET /smsgatewayview/(list/|show/<pk>)", ADMIN),
    (r"(GET|POST) /smsgatewayview/(add|edit/<pk>)", ADMIN),
    (r"POST /smsgatewayview/(check|action/(enable|disable)/<pk>|action_post)", ADMIN),
    (r"GET /smstemplateview/(list/|show/<pk>|preview)", SUPERVISOR),
    (r"(GET|POST) /smstemplateview/(add|edit/<pk>)", SUPERVISOR),
    (r"POST /smstemplateview/delete/<pk>", SUPERVISOR),
    (r"GET /smsmessageview/(list/|show/<pk>)", SUPERVISOR),
    # campaigns
    (r"GET /(campaignview|campaigndialview)/(list/|show/<pk>)", SUPERVISOR),
    (r"(GET|POST) /campaignview/(add|edit/<pk>)", SUPERVISOR),
    (r"POST /campaignview/(delete/<pk>|action/(start|pause|drain|stop)/<pk>|action_post)", SUPERVISOR),
    # people and the log
    (r"GET /auditview/(list/|show/<pk>)", ADMIN),
    (r"(GET|POST) /invites/", ADMIN),
    (r"(GET|POST) /apikeys/", ADMIN),
    (r"POST /apikeys/<int:key_id>/revoke", ADMIN),
    (r"POST /invites/<int:invite_id>/(renew|revoke)", ADMIN),
    (r"GET /mailview/(list/|show/<pk>)", ADMIN),
    (r"POST /mailview/(action/send_again/<pk>|action_post)", ADMIN),
    (r"GET /rolediff/", ADMIN),
    (r"POST /rolediff/<string:role>/(right|all)", ADMIN),
    (r"GET /(users|roles|groups)/download/<string:filename>", NOBODY),  # no table keeps files
    (r"(GET|POST) /(users|roles|groups)/.*", ADMIN),
    (r"(GET|POST) /resetpassword/form", ADMIN),
)
