#pragma once

/// @file
/// Who asks on the management listener, for the record of what is done.

#include "winnow/http/message.hpp"
#include "winnow/ports/credential_store.hpp"
#include "winnow/ports/staff/provider_staff.hpp"

#include <utility>

namespace winnow::api {

/// What such a request has attached whose caller is one of the staff, signed in.
struct StaffCaller final : http::Attachment {
    explicit StaffCaller(ports::StaffSession of) : session(std::move(of)) {}

    ports::StaffSession session;
};

/// nullptr: the caller has shown the provider's key or certificate, or nothing.
[[nodiscard]] const StaffCaller* staff_caller(const http::Request& request) noexcept;

[[nodiscard]] ports::ProviderRequest provider_request_of(const http::Request& request);

}  // namespace winnow::api
