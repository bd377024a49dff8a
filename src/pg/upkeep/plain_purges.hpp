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

// Those that were given up: sent ones are gone.
inline constexpr auto kServerMails = R"sql(
delete from server_mails where ctid = any(array(
    select ctid from server_mails where state = 'dead' and finished_at < now() - interval '30 days'
     order by finished_at limit $1))
)sql";

}  // namespace winnow::pg
