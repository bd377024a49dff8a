#pragma once

/// @file
/// ports::ProviderAnnouncements on PostgreSQL.

#include "winnow/pg/sessions.hpp"
#include "winnow/ports/messages/provider_announcements.hpp"

#include <memory>

namespace winnow::pg {

/// As the role winnow_provider. Blocking.
[[nodiscard]] std::unique_ptr<ports::ProviderAnnouncements> make_provider_announcements(const Sessions& sessions);

}  // namespace winnow::pg
