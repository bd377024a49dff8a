#pragma once

/// @file
/// The column `contacts.settings`: an object in which a setting is a text, or `{"shown", "sealed"}` with the sealed
/// bytes in base64. Private to pg.

#include "winnow/domain/contact.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow::pg {

/// A setting of another shape, a newer program's, is illegible, and only that one. Throws std::runtime_error where the
/// whole is no object.
[[nodiscard]] domain::ContactSettings read_settings(std::string_view json);

enum class UrlsAre : std::uint8_t { sealed, clear };

/// @param urls clear: of a setting with a clear text, that instead of the sealed one.
[[nodiscard]] std::string settings_json(const domain::ContactSettings& settings, UrlsAre urls);

}  // namespace winnow::pg
