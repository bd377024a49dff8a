#pragma once

/// @file
/// Which answers are denials, and what is noted of them.

#include "api/rest/route.hpp"
#include "winnow/access/permission.hpp"
#include "winnow/http/message.hpp"

#include <memory>
#include <string_view>

namespace winnow::api {

class Denials;

/// Notes that `who` was answered 403 with `code`. Without `denials` nothing is.
void note_denial(Denials* denials, const access::Principal& who, const Route& route, const http::RequestHead& head,
                 std::string_view code);

/// `sink`, which notes the answer where it is 403. `denials` outlives it.
[[nodiscard]] http::ResponseSink noting_denials(Denials* denials, std::shared_ptr<const access::Principal> who,
                                                const Route& route, const http::RequestHead& head,
                                                http::ResponseSink sink);

}  // namespace winnow::api
