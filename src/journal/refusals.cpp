#include "journal/refusals.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace winnow::journal {

namespace {

using Limit = RequestQueue::Refusal::Limit;

std::string_view what_waits(Limit limit)
{
    return limit == Limit::unapplied_bytes ? " are stored or about to be, and wait for triage on this node"
                                           : " wait on this node to be stored";
}

std::string_view unit_of(Limit limit)
{
    return limit == Limit::alerts ? " alerts" : " bytes";
}

std::string_view key_of(Limit limit)
{
    if (limit == Limit::alerts) return "journal.max_queued_alerts";
    return limit == Limit::bytes ? "journal.max_queued_bytes" : "triage.max_backlog_bytes";
}

}  // namespace

Error stopping()
{
    return {ErrorCode::unavailable, "this node is shutting down; nothing of this request was stored. Send it again"};
}

Error error_of(const RequestQueue::Refusal& refusal)
{
    if (refusal.limit == Limit::closed) return stopping();
    if (refusal.is_nodes) {
        return {ErrorCode::unavailable,
                "too much is waiting to be stored; nothing of this request was. Send it again later"};
    }
    std::string text = "too many alerts of your tenant";
    text += what_waits(refusal.limit);
    text += ": the limit is now " + std::to_string(refusal.value);
    text += unit_of(refusal.limit);
    text += ", your tenant's share of ";
    text += key_of(refusal.limit);
    text += "; nothing of this request was stored. Send it again later";
    return {ErrorCode::rate_limited, std::move(text)};
}

}  // namespace winnow::journal
