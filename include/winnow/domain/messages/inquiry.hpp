#pragma once

/// @file
/// What a tenant asks its provider, and what is answered.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winnow::domain {

/// Stored by name: never rename one.
enum class InquiryState : std::uint8_t {
    open,      ///< The tenant spoke last.
    answered,  ///< The provider spoke last.
    closed,    ///< For good, by either: what is new is another inquiry.
};
[[nodiscard]] std::string_view to_string(InquiryState state) noexcept;
[[nodiscard]] std::span<const InquiryState> inquiry_states() noexcept;
[[nodiscard]] std::optional<InquiryState> parse_inquiry_state(std::string_view word) noexcept;

enum class InquiryEvent : std::uint8_t { ask, answer, close };
inline constexpr std::array kInquiryEvents{InquiryEvent::ask, InquiryEvent::answer, InquiryEvent::close};

/// nullopt: that is not possible any more.
[[nodiscard]] std::optional<InquiryState> next(InquiryState state, InquiryEvent event) noexcept;

/// Who wrote a message. Stored by name.
enum class InquirySide : std::uint8_t { tenant, provider };
[[nodiscard]] std::string_view to_string(InquirySide side) noexcept;

inline constexpr std::size_t kMaxInquirySubject = 200;  ///< Characters.
inline constexpr std::size_t kMaxInquiryText = 10'000;  ///< Characters, of a message.
inline constexpr std::int64_t kMaxInquiryMessages = 200;

struct Inquiry {
    InquiryId id;
    UserId opened_by;
    std::string opened_by_name;
    std::string subject;
    InquiryState state = InquiryState::open;
    std::int64_t messages = 0;
    Timestamp opened_at;
    Timestamp changed_at;
    std::optional<Timestamp> closed_at;
};

struct InquiryMessage {
    std::int64_t seq = 0;  ///< From 1 on.
    InquirySide side = InquirySide::tenant;
    std::string author;       ///< "user:<id>", "provider".
    std::string author_name;  ///< "" of the provider.
    std::string text;
    Timestamp at;
};

}  // namespace winnow::domain
