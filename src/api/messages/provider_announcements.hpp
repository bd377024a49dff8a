#pragma once

/// @file
/// What the provider announces: /admin/v1/announcements.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/http/message.hpp"
#include "winnow/ports/messages/provider_announcements.hpp"

#include <functional>

namespace winnow::api {

/// Each blocks on the store. POST: {"kind", "title", "text", "starts_at", "ends_at", "tenant_ids"}; without tenants for
/// all. `new_id` gives version 7 ids.
[[nodiscard]] Result<http::Response> publish_announcement(const http::Request& request,
                                                          ports::ProviderAnnouncements& store,
                                                          const std::function<Uuid()>& new_id);
[[nodiscard]] Result<http::Response> list_published(const http::Request& request, ports::ProviderAnnouncements& store);
[[nodiscard]] Result<http::Response> show_published(AnnouncementId id, ports::ProviderAnnouncements& store);
[[nodiscard]] Result<http::Response> withdraw_announcement(AnnouncementId id, const http::Request& request,
                                                           ports::ProviderAnnouncements& store);

}  // namespace winnow::api
