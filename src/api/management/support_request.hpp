#pragma once

/// @file
/// From a path of the management listener to the customer's, and back.

#include "winnow/http/message.hpp"

#include <string>

namespace winnow::api {

/// What is asked of "/admin/v1/support/<grant>/<path>", of the customer's "/api/v1/<path>": the request is changed, and
/// the answer's links lead where they were asked for. No cache keeps it.
[[nodiscard]] http::ResponseSink to_customers_path(http::Request& request, const std::string& path,
                                                   http::ResponseSink sink);

}  // namespace winnow::api
