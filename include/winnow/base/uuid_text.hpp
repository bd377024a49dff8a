#pragma once

/// @file
/// A UUID's text without memory of its own, for where many are written.

#include "winnow/base/uuid.hpp"

#include <array>
#include <string_view>

namespace winnow {

/// The 36 lower-case characters of Uuid::str().
class UuidText {
public:
    explicit UuidText(const Uuid& id) noexcept;
    template <typename Tag>
    explicit UuidText(StrongId<Tag> id) noexcept : UuidText(id.value())
    {
    }

    [[nodiscard]] std::string_view view() const noexcept { return {chars_.data(), chars_.size()}; }

private:
    std::array<char, 36> chars_{};
};

}  // namespace winnow
