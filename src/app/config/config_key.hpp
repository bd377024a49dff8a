#pragma once

/// @file
/// The kinds of keys that a configuration has. Private to app.

#include "app/config/config_schema.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace winnow::app {

/// Finds the member a key sets.
template <typename T>
using Member = std::function<T&(Config&)>;

/// Taken as it stands.
[[nodiscard]] Key text(std::string path, Member<std::string> member);

/// The first line of a file, so that a secret need not stand in the configuration.
[[nodiscard]] Key secret_file(std::string path, Member<std::string> member);

/// A list.
[[nodiscard]] Key texts(std::string path, Member<std::vector<std::string>> member);

/// ISO 8601, such as PT5S; both bounds are allowed.
[[nodiscard]] Key duration(std::string path, Member<std::chrono::milliseconds> member, std::chrono::milliseconds min,
                           std::chrono::milliseconds max);

/// `true` or `false`.
[[nodiscard]] Key flag(std::string path, Member<bool> member);

/// A whole number; both bounds are allowed.
template <typename T>
[[nodiscard]] Key number(std::string path, Member<T> member, std::uint64_t min, std::uint64_t max)
{
    return {std::move(path), [=](Config& config, const std::vector<std::string>& values) {
                std::uint64_t value = 0;
                const auto& word = values.front();
                const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), value);
                if (ec != std::errc() || end != word.data() + word.size() || value < min || value > max) {
                    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
                }
                member(config) = static_cast<T>(value);
                return std::string();
            }};
}

/// One of the words.
template <typename T>
[[nodiscard]] Key word(std::string path, Member<T> member, std::map<std::string, T> words)
{
    return {std::move(path), [=](Config& config, const std::vector<std::string>& values) {
                const auto at = words.find(values.front());
                if (at != words.end()) {
                    member(config) = at->second;
                    return std::string();
                }
                std::string list;
                for (const auto& [name, value] : words) list += (list.empty() ? "" : ", ") + name;
                return "must be one of " + list;
            }};
}

}  // namespace winnow::app
