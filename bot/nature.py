"""Who can mend it: the nature of every error that Slack names in the answers to the methods that we call.

The names are those of the reference pages docs.slack.dev/reference/methods/<method>, section "Errors", read in November
2026 for auth.test, apps.connections.open, chat.postMessage, chat.postEphemeral, chat.update, conversations.history,
conversations.open, conversations.replies, files.getUploadURLExternal, files.completeUploadExternal, users.info,
views.open, views.publish, views.push and views.update; and the few that Slack is known to answer without listing them.
One name has one nature, whichever method answered it.
"""

import time
from email.utils import parsedate_to_datetime
from enum import StrEnum

from bot.errors import slack_error

RETRY_MOST_SECONDS = 300.0
"""Whatever Slack says: asking every five minutes costs nothing, and a slip in a header must not park a lane."""


class Nature(StrEnum):
    """What has to happen before the same call may succeed."""

    PASSES = "passes"
    """Nothing: it passes. Waits, and burns no attempt."""
    WORKSPACE = "workspace"
    """Somebody mends the installation: token, scopes, plan, what administrators allow. All of it waits; so do we."""
    CHANNEL = "channel"
    """Somebody opens this conversation to us. Its owner is told how."""
    PERSON = "person"
    """Nothing can: no message reaches this person any more."""
    OURS = "ours"
    """A new version of Conclave: Slack will not take what we sent. Given up; what follows it in the lane goes on."""


_NAMES: dict[Nature, str] = {
    Nature.PASSES: """
        ratelimited rate_limited internal_error service_unavailable request_timeout team_added_to_org
        external_channel_migrating streaming_state_conflict update_failed file_update_failed
        list_record_comment_fetch_failed
    """,
    Nature.WORKSPACE: """
        account_inactive accesslimited app_access_restricted ekm_access_denied enterprise_is_restricted forbidden_team
        invalid_auth invalid_token message_limit_exceeded messages_tab_disabled missing_scope not_allowed_token_type
        not_authed org_login_required team_access_not_granted team_disabled token_expired token_revoked
        two_factor_setup_required
    """,
    Nature.CHANNEL: """
        access_denied cannot_reply_to_message channel_is_archived channel_is_limited_access channel_not_found
        invalid_channel is_archived is_inactive method_not_supported_for_channel_type no_permission not_in_channel
        posting_to_channel_denied posting_to_general_channel_denied restricted_action
        restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked
        restricted_action_thread_only_channel slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked
        slack_connect_clip_sharing_blocked slack_connect_file_link_sharing_blocked
        slack_connect_file_upload_sharing_blocked slack_connect_lists_sharing_blocked thread_locked user_not_in_channel
    """,
    Nature.PERSON: """
        account_deactivated cannot_dm_bot invalid_user_combination user_disabled user_not_found user_not_visible
        users_not_found
    """,
    # A message that is gone is posted anew, an upload that is not allowed goes by messages: senders see to those first.
    Nature.OURS: """
        alt_txt_too_large as_user_not_supported attachment_payload_limit_exceeded block_mismatch blocked_file_type
        cant_broadcast_message cant_update_message channels_limit_exceeded deprecated_endpoint draft_already_deleted
        draft_already_sent draft_has_conflict draft_not_found duplicate_channel_not_found duplicate_external_id
        duplicate_message_not_found edit_window_closed exchanged_trigger_id expired_trigger_id fatal_error file_deleted
        file_is_deleted file_not_found file_share_limit_reached file_type_not_allowed file_upload_size_restricted
        file_uploads_disabled file_uploads_except_images_disabled hash_conflict insecure_request invalid_arg_name
        invalid_arguments invalid_array_arg invalid_attachments invalid_blocks invalid_blocks_format invalid_charset
        invalid_cursor invalid_form_data invalid_json invalid_metadata_filter_keys invalid_metadata_format
        invalid_metadata_schema invalid_post_type invalid_trigger_id invalid_ts_latest invalid_ts_oldest json_not_object
        markdown_text_conflict max_file_sharing_exceeded message_not_found metadata_must_be_sent_from_app
        metadata_too_large method_deprecated missing_args missing_argument missing_file_data missing_post_type
        missing_profile_id msg_blocks_too_long msg_too_long no_dual_broadcast_content_update no_text not_enabled
        not_enough_users not_found not_implemented push_limit_reached snippet_too_large storage_limit_reached
        team_not_found thread_not_found too_many_attachments too_many_contact_cards too_many_users trigger_exchanged
        trigger_expired unable_to_share_files unknown_method unknown_snippet_type unknown_subtype upgrade_required
        users_list_not_supplied view_not_found view_too_large
    """,
}
_NATURES = {name: nature for nature, names in _NAMES.items() for name in names.split()}


def nature_of(name: str) -> Nature | None:
    """None: a name that Slack did not list. It may pass, and is tried as often as anything that fails."""
    return _NATURES.get(name)


def names_of(nature: Nature) -> frozenset[str]:
    """All names of this nature."""
    return frozenset(name for name, found in _NATURES.items() if found is nature)


def status_of(error: BaseException) -> int:
    """The HTTP status; 0 where there is none."""
    answer = getattr(error, "response", None)
    return int(getattr(answer, "status_code", None) or getattr(answer, "status", None) or 0)


def is_limited(error: BaseException) -> bool:
    """Whether Slack asks us to come back later; it spells the name in two ways."""
    return status_of(error) == 429 or slack_error(error) in {"ratelimited", "rate_limited"}


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait, 1 to `RETRY_MOST_SECONDS`; None where Slack did not say, or nothing that can be understood.

    A number of seconds, or a date as RFC 9110 (section 10.2.3) allows.
    """
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = str(headers.get("Retry-After") or "").strip()
    seconds = _seconds(said)
    return max(1.0, min(seconds, RETRY_MOST_SECONDS)) if seconds is not None and seconds >= 0 else None


def _seconds(said: str) -> float | None:
    try:
        found = float(said)
    except ValueError:
        return _seconds_until(said)
    return None if found != found else found  # "nan" is a number to Python


def _seconds_until(said: str) -> float | None:
    try:
        return parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
