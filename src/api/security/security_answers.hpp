#pragma once

/// @file
/// What the service says of its own security, to everybody: its features as this node is configured, and who has which
/// duty. Both name the sections of the white paper on ISO/IEC 27017 that they answer, and speak English and Japanese.

#include "winnow/api/customer_api.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace winnow::api {

struct Bilingual {
    std::string_view en;
    std::string_view ja;
};

enum class FeatureState : std::uint8_t {
    off,
    on,
    not_used,  ///< There is nothing that it could be in force for.
};
[[nodiscard]] std::string_view to_string(FeatureState state) noexcept;  ///< "off", "on", "not_used".

struct SecurityFeature {
    std::string_view id;             ///< Told to clients: never rename one.
    std::string_view sections;       ///< "6.1, 13.4"
    Bilingual what;                  ///< A clause that is true where the state is `on`.
    std::string_view documentation;  ///< "docs/security.md#ports"
    FeatureState (*state)(const SecurityFacts&);
};
/// docs/security/features.md lists the same ones.
[[nodiscard]] std::span<const SecurityFeature> security_features();

struct Duty {
    std::string_view id;  ///< Told to clients: never rename one.
    std::string_view sections;
    Bilingual subject;
    Bilingual provider;
    Bilingual customer;
    Bilingual winnow;
};
/// docs/security/responsibility.md lists the same ones.
[[nodiscard]] std::span<const Duty> duties();

/// The answers as JSON: `{"version", "items": […]}`. The version is raised with whatever changes in the tables.
[[nodiscard]] std::string security_features_json(const SecurityFacts& facts);
[[nodiscard]] std::string responsibility_json();

}  // namespace winnow::api
