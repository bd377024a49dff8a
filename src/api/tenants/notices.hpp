#pragma once

/// @file
/// Mails that tell users what was done to their accounts. Nobody is sent more than five of a kind in an hour, by one
/// tenant: whoever may change addresses or make keys sends nobody as many mails as there are requests.

#include "api/rest/route.hpp"
#include "winnow/ports/user_store.hpp"
#include "winnow/signin/mail_text.hpp"

namespace winnow::api {

/// Owed to the user's address, unless as many of the kind were of late: what was done stands in the audit log. Under
/// the lock of the configuration.
[[nodiscard]] Result<Done> owe_notice(const Call& call, ports::TenantSession& session, const ports::User& user,
                                      signin::MailKind kind);

/// Whoever has a key acts in its owner's name, who is told of those that somebody else made; and so is the user of a
/// tenant's first key of all that are made with that one, which the provider has seen. Under the lock of the
/// configuration.
[[nodiscard]] Result<Done> tell_of_key(const Call& call, ports::TenantSession& session, UserId owner);

}  // namespace winnow::api
