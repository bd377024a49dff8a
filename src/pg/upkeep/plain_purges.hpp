#pragma once

/// @file
/// What is forgotten by an age of its own, in which no tenant has a say. Private to pg.

namespace winnow::pg {

// A day's grace: whoever still held a row of an ended stream is fenced by the stream's end (triage_store.cpp).
inline constexpr auto kProgress = R"sql(
delete from journal_progress
 where ctid = any(array(select p.ctid from journal_streams s join journal_progress p on p.stream = s.stream
                         where s.ended_at < now() - interval '1 day' limit $1))
)sql";

inline constexpr auto kStreams = R"sql(
delete from journal_streams
 where ctid = any(array(select s.ctid from journal_streams s
                         where s.ended_at < now() - interval '7 days'
                           and not exists (select from journal_progress p where p.stream = s.stream)
                         order by s.ended_at limit $1))
)sql";

// A day's grace: what comes late brings its own time.
inline constexpr auto kMachines = R"sql(
delete from rule_machines
 where ctid = any(array(select ctid from rule_machines where expires_at < now() - interval '1 day' and due_at is null
                         order by expires_at limit $1 for update skip locked))
)sql";

inline constexpr auto kOutages = R"sql(
delete from outages where ctid = any(array(
    select ctid from outages where ended_at < now() - interval '400 days' order by ended_at limit $1))
)sql";

// Of what follows the role sees some columns only, and ctid is none of them.
inline constexpr auto kSessions = R"sql(
delete from sessions where (tenant_id, session_id) in (
    select s.tenant_id, s.session_id from sessions s
     where coalesce(s.ended_at, s.expires_at) < now() - interval '90 days'
     order by coalesce(s.ended_at, s.expires_at) limit $1)
)sql";

inline constexpr auto kInvitations = R"sql(
delete from invitations where (tenant_id, invitation_id) in (
    select i.tenant_id, i.invitation_id from invitations i
     where i.expires_at < now() - interval '30 days' order by i.expires_at limit $1)
)sql";

inline constexpr auto kLinks = R"sql(
delete from one_time_tokens where (tenant_id, token_id) in (
    select o.tenant_id, o.token_id from one_time_tokens o
     where o.expires_at < now() - interval '30 days' order by o.expires_at limit $1)
)sql";

inline constexpr auto kOidcLogins = R"sql(
delete from oidc_logins where (tenant_id, login_id) in (
    select o.tenant_id, o.login_id from oidc_logins o
     where o.expires_at < now() - interval '1 day' order by o.expires_at limit $1)
)sql";

inline constexpr auto kFactors = R"sql(
delete from user_factors where (tenant_id, factor_id) in (
    select f.tenant_id, f.factor_id from user_factors f
     where f.revoked_at < now() - interval '90 days' order by f.revoked_at limit $1)
)sql";

inline constexpr auto kThrottles = R"sql(
delete from throttles where (tenant_id, kind, subject_hash) in (
    select t.tenant_id, t.kind, t.subject_hash from throttles t
     where t.forget_at < now() order by t.forget_at limit $1)
   and forget_at < now()
)sql";

inline constexpr auto kSourceThrottles = R"sql(
delete from source_throttles where ctid = any(array(
    select ctid from source_throttles where forget_at < now() order by forget_at limit $1 for update skip locked))
)sql";

// What is left of users who were deleted: for as long as records of what they did, and tickets that are theirs.
inline constexpr auto kUsers = R"sql(
delete from users where (tenant_id, user_id) in (
    select u.tenant_id, u.user_id from users u
     where u.deleted_at < now() - interval '400 days'
       and not exists (select from tickets t where t.tenant_id = u.tenant_id and t.assignee = u.user_id)
     order by u.deleted_at limit $1)
)sql";

// Targets and reads are as old as what they are of, or younger: none goes before it.
inline constexpr auto kAnnouncements = R"sql(
delete from announcements where announcement_id in (
    select a.announcement_id from announcements a
     where a.published_at < now() - interval '400 days' order by a.published_at limit $1)
)sql";

inline constexpr auto kAnnouncementTargets = R"sql(
delete from announcement_targets where (tenant_id, announcement_id) in (
    select g.tenant_id, g.announcement_id from announcement_targets g
     where g.made_at < now() - interval '400 days' order by g.made_at limit $1)
)sql";

inline constexpr auto kAnnouncementReads = R"sql(
delete from announcement_reads where (tenant_id, user_id, announcement_id) in (
    select r.tenant_id, r.user_id, r.announcement_id from announcement_reads r
     where r.read_at < now() - interval '400 days' order by r.read_at limit $1)
)sql";

// With their messages, of which there are 200 at most; whatever their state, nobody has spoken for so long.
inline constexpr auto kInquiries = R"sql(
delete from inquiries where (tenant_id, inquiry_id) in (
    select i.tenant_id, i.inquiry_id from inquiries i
     where i.changed_at < now() - interval '400 days' order by i.changed_at limit $1)
)sql";

// Whatever has become of them: none is good for a day.
inline constexpr auto kSupportGrants = R"sql(
delete from support_grants where (tenant_id, grant_id) in (
    select g.tenant_id, g.grant_id from support_grants g
     where g.asked_at < now() - interval '400 days' order by g.asked_at limit $1)
)sql";

inline constexpr auto kStaffSessions = R"sql(
delete from provider_sessions where session_id in (
    select s.session_id from provider_sessions s
     where s.expires_at < now() - interval '90 days' order by s.expires_at limit $1)
)sql";

// Those that were given up: sent ones are gone.
inline constexpr auto kServerMails = R"sql(
delete from server_mails where ctid = any(array(
    select ctid from server_mails where state = 'dead' and finished_at < now() - interval '30 days'
     order by finished_at limit $1))
)sql";

}  // namespace winnow::pg
