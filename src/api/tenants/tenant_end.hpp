#pragma once

/// @file
/// The end of tenants as the provider decides it: closing, erasing, and the certificate of deletion.

#include "winnow/api/management_api.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"

#include <functional>

namespace winnow::api {

// Each blocks on the store.

/// POST: {"reason", "export_days"}.
[[nodiscard]] Result<http::Response> close_tenant(TenantId id, const http::Request& request, const EndOfTenants& ends);
/// POST: {"reason"}.
[[nodiscard]] Result<http::Response> cancel_closing(TenantId id, const http::Request& request,
                                                    const EndOfTenants& ends);
/// POST: {"name", "reason", "waive_export_window"}; the tenant's name, once more. `new_id` gives version 7 ids.
[[nodiscard]] Result<http::Response> erase_tenant(TenantId id, const http::Request& request, const EndOfTenants& ends,
                                                  const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> list_erasures(const http::Request& request, const EndOfTenants& ends);
[[nodiscard]] Result<http::Response> show_erasure(ErasureId id, const EndOfTenants& ends);
/// The file as it is verified: byte for byte what was signed.
[[nodiscard]] Result<http::Response> show_certificate(ErasureId id, const EndOfTenants& ends);

}  // namespace winnow::api
