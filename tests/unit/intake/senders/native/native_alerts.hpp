#pragma once

/// @file
/// Native bodies of one alert, and what became of it.

#include "winnow/base/text.hpp"
#include "winnow/intake/formats.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <variant>
#include <vector>

namespace winnow::intake {

using domain::Alert;

inline const Timestamp kNow = *parse_rfc3339("2026-11-23T06:00:00Z");

inline Origin origin()
{
    return {IntegrationId(Uuid::from_words(1, 2)), "native", kNow};
}

inline Result<Batch> parse(const std::string& body, const domain::AlertLimits& limits = {})
{
    return parse_native_json(body, origin(), limits);
}

inline Alert alert_of(const std::string& body)
{
    const auto batch = parse(body);
    if (!batch) {
        ADD_FAILURE() << body << ": " << batch.error().message();
        return {};
    }
    if (const auto* refused = std::get_if<FieldError>(&batch->front())) {
        ADD_FAILURE() << body << ": " << refused->pointer << " " << refused->detail;
        return {};
    }
    return std::get<Alert>(batch->front());
}

// The pointer at which the only alert of `body` is refused; "accepted" if it is not.
inline std::string refused_at(const std::string& body, const domain::AlertLimits& limits = {})
{
    const auto batch = parse(body, limits);
    if (!batch) return "error: " + batch.error().message();
    const auto* refused = std::get_if<FieldError>(&batch->front());
    if (refused == nullptr) return "accepted";
    EXPECT_FALSE(refused->detail.empty());
    return refused->pointer;
}

// "code pointer" of each warning of the only alert of `body`, which must be taken.
inline std::vector<std::string> warned(const std::string& body, const domain::AlertLimits& limits = {})
{
    const auto batch = parse(body, limits);
    const auto* alert = batch ? std::get_if<Alert>(&batch->front()) : nullptr;
    if (alert == nullptr) return {"refused"};
    std::vector<std::string> warnings;
    for (const auto& warning : alert->warnings) {
        EXPECT_FALSE(warning.detail.empty());
        warnings.push_back(warning.code + " " + warning.pointer);
    }
    return warnings;
}

inline std::string quoted(const std::string& text)
{
    return nlohmann::json(text).dump();
}

}  // namespace winnow::intake
