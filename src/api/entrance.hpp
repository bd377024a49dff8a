#pragma once

/// @file
/// What is asked of whoever comes to the customer listener before anything is done for him: who he is, from where and
/// how often he comes, and whether he may.

#include "api/audit/access_note.hpp"
#include "api/calls/credential.hpp"
#include "api/calls/router.hpp"
#include "api/rates/rates.hpp"
#include "api/rest/refusal.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/rates.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/credential_uses.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace winnow::api {

/// What was found out of a request by its head, kept until it is handled.
struct Admitted final : http::Attachment {
    std::shared_ptr<const RouteEntry> entry;  ///< Keeps the router: a call may outlive the API.
    PathParameters parameters;
    access::Principal who;  ///< Of kind none where nobody was asked for, or not yet.
    domain::RateClass kind = domain::RateClass::read;
    bool asked = false;               ///< The database, for a key that it had not confirmed before.
    std::optional<Standing> stopped;  ///< It was not, because too many such keys came from that address.
    Shown shown;
};

/// How long a body may be, and what says so (http::Admission).
struct BodyLimit {
    std::size_t bytes = 0;
    std::string_view setting = {};
};

[[nodiscard]] http::Admission refused(http::Response response);
[[nodiscard]] http::Admission accepted(std::shared_ptr<const Admitted> admitted, const BodyLimit& limit);

/// The system's time, to the millisecond.
[[nodiscard]] Timestamp wall_clock();

/// The token of a sender's path; "" where it has none.
[[nodiscard]] std::string_view token_of(const Admitted& admitted);

/// What is answered where no route takes a request.
[[nodiscard]] http::Response no_route(const Router::Match& match, const http::RequestHead& head);

/// In whose form an entry's errors are told, and with which statuses.
[[nodiscard]] SenderRoute sender_of(const RouteEntry& entry);

/// What entering works with: it may outlive the API, and what is referred to outlives all calls.
struct Entrance {
    std::shared_ptr<Rates> rates;
    AccessLogs logs;
    identity::CredentialUses& uses;
};

/// The answer where `who`, as the authenticator told of what `admitted` shows, is not let in; it is logged, and
/// counted. nullopt: he is, and `admitted` says who he is and on which account he goes.
/// @param longest  Bytes that a body of this route may have.
[[nodiscard]] std::optional<http::Response> enter(const Entrance& entrance, Admitted& admitted,
                                                  Result<access::Principal> who, const http::RequestHead& head,
                                                  std::size_t longest);

}  // namespace winnow::api
