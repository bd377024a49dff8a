#pragma once

/// @file
/// ports::ProviderInquiries on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/messages/provider_inquiries.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking.
[[nodiscard]] std::unique_ptr<ports::ProviderInquiries> make_provider_inquiries(const Sessions& sessions);

}  // namespace winnow::pg
