#pragma once

/// @file
/// Who may do something, and whether who was admitted may still have an answer that goes on for long.

#include "api/calls/credential.hpp"
#include "api/rest/route.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/http/message.hpp"
#include "winnow/identity/authenticator.hpp"

#include <functional>
#include <string>

namespace winnow::api {

/// Whether `who` may: the permission says so, or would if the tenant were not suspended, and nothing but access is
/// taken away. Pure.
[[nodiscard]] bool may(const access::Principal& who, const Route& route);

/// What a key says `now`, of whom it admitted as `was` to something that asks for `permission`. It is lost, too, where
/// the tenant was suspended meanwhile, though a suspended one's users may read: whoever asks anew is told so. Pure.
[[nodiscard]] http::Entitlement entitlement(const access::Principal& was, access::Permission permission,
                                            const Result<access::Principal>& now);

/// Asks for the key again, mostly of what is cached; what was changed of it is not. Lost, too, where it may no longer
/// be used from `address`. `authenticator` outlives all calls.
[[nodiscard]] std::function<void(http::EntitlementSink)> recheck_of(identity::Authenticator& authenticator, Shown shown,
                                                                    access::Principal was,
                                                                    access::Permission permission, std::string address);

}  // namespace winnow::api
