#pragma once

/// @file
/// What each channel asks of the contacts that it reaches: by this whoever writes and shows contacts knows their
/// settings, and no type from another.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::ports {

/// Where the operator lets messages go, as far as a host's text tells.
struct AllowedHosts {
    std::function<bool(std::string_view host)> plain_http = {};  ///< Without TLS; empty: nowhere.
    std::function<bool(std::string_view host)> any = {};         ///< At all; empty: everywhere.
};

enum class Secrecy : std::uint8_t {
    none,
    /// A URL: what follows the host is a token in many services. Sealed; whole for admins, who alone can set it, and
    /// for others up to its host and port. That masked form is refused when it comes back.
    url,
    /// Sealed, and never shown again.
    whole,
};

/// A setting as people write it.
struct ContactField {
    std::string_view name;  ///< Of the member, and of the setting. Types that share a name share its meaning.
    std::size_t max = 0;    ///< Characters; one at least.
    bool required = false;
    Secrecy secrecy = Secrecy::none;

    /// What is wrong with it; "" where nothing is. Null: whatever is long enough. Pure.
    std::string (*problem)(std::string_view text, const AllowedHosts& hosts) = nullptr;

    /// Makes what a new contact was not given; shown this once. Null: it then has none.
    std::string (*make)() = nullptr;
};

/// All that it refers to is static.
struct ContactType {
    std::string_view type;  ///< Stored by name: do not rename.
    std::span<const ContactField> fields;
};

}  // namespace winnow::ports
