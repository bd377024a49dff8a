#pragma once

/// @file
/// Who asks on the management listener, for the record of what is done.

#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"

namespace winnow::api {

[[nodiscard]] ports::ProviderRequest provider_request_of(const http::Request& request);

}  // namespace winnow::api
