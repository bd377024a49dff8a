#pragma once

/// @file
/// Keys that rules make of an alert: from fields or from a template. Private to rules.

#include "rules/template.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace winnow::rules {

class KeySource {
public:
    /// Exactly one of the two must be given. `noun` ("dedup key") is for errors, whose pointers are relative to the
    /// action. The alert's status is refused: the alert that resolves would get another key.
    [[nodiscard]] static Result<KeySource> compile(const std::vector<std::string>& fields,
                                                   const std::string& key_template, const std::string& noun);

    /// At most `max_chars` characters; "" where a template gives nothing; nullopt where `steps` does not allow to put
    /// it together. Of a template's text the first 64 KiB count.
    [[nodiscard]] std::optional<std::string> of(const domain::Alert& alert, std::size_t max_chars,
                                                std::size_t& steps) const;

private:
    std::vector<Field> fields_;
    std::optional<Template> template_;
};

}  // namespace winnow::rules
