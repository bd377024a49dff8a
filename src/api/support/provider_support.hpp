#pragma once

/// @file
/// Support grants as the provider's staff handle them: /admin/v1/support-grants.

#include "winnow/access/permission.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/support/provider_support.hpp"

#include <cstddef>
#include <functional>

namespace winnow::api {

/// Each blocks on the store. POST: {"tenant_id", "reason", "minutes", "scopes"}; takes one of the staff who has signed
/// in, as approving does: the provider's own key is nobody. `most` of a tenant's wait or are active; `new_id` gives
/// version 7 ids.
[[nodiscard]] Result<http::Response> request_support(const http::Request& request, ports::ProviderSupport& store,
                                                     std::size_t most, const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> list_support_grants(const http::Request& request, ports::ProviderSupport& store);
[[nodiscard]] Result<http::Response> show_support_grant(SupportGrantId id, ports::ProviderSupport& store);
[[nodiscard]] Result<http::Response> approve_support(SupportGrantId id, const http::Request& request,
                                                     ports::ProviderSupport& store);
[[nodiscard]] Result<http::Response> end_support(SupportGrantId id, const http::Request& request,
                                                 ports::ProviderSupport& store);

/// As whom the caller reads by the grant. `permission_denied`: the caller is nobody of the staff, or the grant is not
/// active. `not_found`: there is no such grant of the caller's.
[[nodiscard]] Result<access::Principal> supporter(SupportGrantId id, const http::Request& request,
                                                  ports::ProviderSupport& store);

}  // namespace winnow::api
