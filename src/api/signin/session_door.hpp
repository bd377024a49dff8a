#pragma once

/// @file
/// Where CustomerApi meets people's sessions: cookies beside keys, what browsers must say, fresh proof; and the start
/// of flows.

#include "api/calls/credential.hpp"
#include "api/calls/router.hpp"
#include "api/rates/rates.hpp"
#include "api/signin/browser_guard.hpp"
#include "api/signin/flow.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/intake/sender.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// Of every request of signing in.
inline constexpr std::size_t kMaxFlowBytes = 4'096;

/// 403 where a session's user must prove first who it is. Pure.
[[nodiscard]] std::optional<http::Response> step_up_refusal(const access::Principal& who, access::Permission permission,
                                                            Timestamp now, std::string_view request_id);

/// The gate to flows: closed when it goes. Thread-safe.
class FlowGate {
public:
    /// Without parts nobody signs in, and every flow is answered 503.
    FlowGate(const std::optional<SignInParts>& parts, ports::TenantDatabase& database, ports::Sealing& sealing,
             const domain::TenantLimits& limits, std::shared_ptr<Rates> rates, std::function<Timestamp()> clock,
             std::function<Uuid()> new_id);
    ~FlowGate();
    FlowGate(const FlowGate&) = delete;
    FlowGate& operator=(const FlowGate&) = delete;

    /// What a request shows of who it is: below /api/v1/ that may be a session's cookie. The answer where it is refused
    /// before anybody is asked: it shows a key as well (400), or another site may have sent it (403).
    [[nodiscard]] std::optional<http::Response> read_shown(const http::RequestHead& head, std::string_view path_token,
                                                           const intake::Sender* sender, Shown& shown) const;

    /// Whether such a route's flow has something to look at: a session's cookie, or it asks for none. Whoever shows a
    /// key alone, or nothing, is told by the permission.
    [[nodiscard]] static bool takes(const Route& route, const http::RequestHead& head);

    /// Why a request of signing in is refused unread: another site may have sent it, or too many came from its address,
    /// of whose requests one is taken: whoever loops with links, codes or names that there are not takes nobody's turn.
    [[nodiscard]] std::optional<http::Response> refusal(const http::RequestHead& head) const;

    /// `entry` lives as long as the request's attachment.
    /// @param who       Of Special::waiting: who was let in.
    /// @param recorder  Of Special::auth: records for whom the flow finds. Else `sink` does already.
    void run(const RouteEntry& entry, const PathParameters& parameters, const access::Principal& who,
             http::Request request, http::ResponseSink sink, Recorder recorder) const;

private:
    const std::string origin_;
    const std::shared_ptr<Rates> rates_;
    const std::shared_ptr<const FlowParts> parts_;
};

}  // namespace winnow::api
