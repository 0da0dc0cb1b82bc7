"""Which modules of Asterisk are loaded: what the product uses and nothing that could run a program."""

from __future__ import annotations

from pathlib import Path

from app.telephony.installation import Installation

# app_system, func_shell, func_curl, app_originate and the like are absent on purpose, see deploy/asterisk/README.md.
_MODULES = """
res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_sorcery_realtime
res_config_pgsql res_pjproject res_crypto res_rtp_asterisk res_srtp res_musiconhold
res_pjsip res_pjsip_session res_pjsip_pubsub chan_pjsip res_pjsip_sdp_rtp
res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user
res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration
res_pjsip_registrar res_pjsip_caller_id res_pjsip_header_funcs res_pjsip_nat res_pjsip_rfc3326 res_pjsip_dtmf_info
res_pjsip_refer res_pjsip_acl res_pjsip_dlg_options
res_http_websocket res_pjsip_transport_websocket res_format_attr_opus
codec_ulaw codec_alaw codec_gsm format_wav format_pcm format_gsm format_sln
pbx_config app_dial app_playback app_echo app_queue app_amd app_mixmonitor app_chanspy app_stack app_userevent
app_verbose app_cdr app_exec app_playtones app_senddtmf
func_cdr func_callerid func_channel func_logic func_strings func_hangupcause func_timeout func_groupcount
func_dialplan func_cut func_math func_pjsip_endpoint func_pjsip_aor func_pjsip_contact func_devstate
res_manager_devicestate
bridge_simple bridge_native_rtp bridge_holding bridge_softmix bridge_builtin_features
cdr_custom cdr_manager cdr_pgsql cel_pgsql res_cdrel_custom
""".split()  # noqa: SIM905  a list of seventy quoted names is no easier to read


def modules_of(one: Installation) -> list[str]:
    """Versions split themselves up differently: where the folder can be seen, only what is there is asked for."""
    names = [f"{name}.so" for name in _MODULES]
    folder = Path(one.folders.modules) if one.folders else None
    return [name for name in names if folder is None or not folder.is_dir() or (folder / name).exists()]
