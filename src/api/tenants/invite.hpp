#pragma once

/// @file
/// What admins have mailed to users: links, and that something was done in their name.

#include "api/rest/route.hpp"
#include "winnow/ports/user_store.hpp"
#include "winnow/signin/link.hpp"
#include "winnow/signin/mail_text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>

namespace winnow::api {

/// A link for a user, owed to the user's address; it takes the place of the one before, and of the mail
/// that was to bring that one. `rate_limited` after five within an hour to one address. Under the lock of the
/// configuration.
[[nodiscard]] Result<Done> mail_link(const Call& call, ports::TenantSession& session, const ports::User& user,
                                     signin::LinkPurpose purpose, signin::MailKind kind);

/// The `oidc_provider_id` of a body, which is taken out of it; nullopt where it has none. An Error where the tenant has
/// no such provider of sign-ins.
[[nodiscard]] Result<std::optional<OidcProviderId>> take_provider(ports::TenantSession& session,
                                                                  nlohmann::json& document);

/// @param provider  By whose word the invitation may be accepted, besides by its link.
[[nodiscard]] Result<Done> invite(const Call& call, ports::TenantSession& session, const ports::User& user,
                                  std::optional<OidcProviderId> provider = {});

}  // namespace winnow::api
