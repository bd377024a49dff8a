#pragma once

/// @file
/// 128-bit identifiers (RFC 9562). Every identifier in the API and the database is one.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace winnow {

/// A UUID as 16 bytes in network order; compares as PostgreSQL's `uuid` does.
class Uuid {
public:
    constexpr Uuid() noexcept = default;  ///< The nil UUID.
    constexpr explicit Uuid(const std::array<std::uint8_t, 16>& bytes) noexcept : bytes_(bytes) {}

    /// Builds one from its high and low 64 bits.
    [[nodiscard]] static Uuid from_words(std::uint64_t high, std::uint64_t low) noexcept;

    /// Accepts exactly the 36-character form, either case; anything else is nullopt.
    [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;

    /// Version 7: 48 bits of `unix_ms`, then 74 of the given random bits. Sorts by time.
    [[nodiscard]] static Uuid v7(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) noexcept;

    [[nodiscard]] std::uint64_t high() const noexcept;
    [[nodiscard]] std::uint64_t low() const noexcept;
    [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid(); }
    [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }

    /// 36 lower-case characters.
    [[nodiscard]] std::string str() const;

    friend constexpr auto operator<=>(const Uuid&, const Uuid&) noexcept = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// An identifier of the kind of object named by `Tag`: `TenantId` and `TicketId` do not convert to each other.
template <typename Tag>
class StrongId {
public:
    constexpr StrongId() noexcept = default;  ///< nil: refers to nothing.
    constexpr explicit StrongId(Uuid value) noexcept : value_(value) {}

    [[nodiscard]] static std::optional<StrongId> parse(std::string_view text) noexcept
    {
        const auto uuid = Uuid::parse(text);
        if (!uuid) return std::nullopt;
        return StrongId(*uuid);
    }

    [[nodiscard]] constexpr const Uuid& value() const noexcept { return value_; }
    [[nodiscard]] bool is_nil() const noexcept { return value_.is_nil(); }
    [[nodiscard]] std::string str() const { return value_.str(); }

    friend constexpr auto operator<=>(const StrongId&, const StrongId&) noexcept = default;

private:
    Uuid value_;
};

using TenantId = StrongId<struct TenantTag>;
using UserId = StrongId<struct UserTag>;
using ApiKeyId = StrongId<struct ApiKeyTag>;
using IntegrationId = StrongId<struct IntegrationTag>;
using AlertId = StrongId<struct AlertTag>;
using TicketId = StrongId<struct TicketTag>;
using RuleId = StrongId<struct RuleTag>;
using ContactId = StrongId<struct ContactTag>;
using ContactGroupId = StrongId<struct ContactGroupTag>;
using DeliveryId = StrongId<struct DeliveryTag>;
using BacktestId = StrongId<struct BacktestTag>;
using SessionId = StrongId<struct SessionTag>;
using InvitationId = StrongId<struct InvitationTag>;
using FactorId = StrongId<struct FactorTag>;
using ServerMailId = StrongId<struct ServerMailTag>;
using ExportId = StrongId<struct ExportTag>;
using OidcProviderId = StrongId<struct OidcProviderTag>;
using AnnouncementId = StrongId<struct AnnouncementTag>;
using InquiryId = StrongId<struct InquiryTag>;
using StaffId = StrongId<struct StaffTag>;
using SupportGrantId = StrongId<struct SupportGrantTag>;
using ErasureId = StrongId<struct ErasureTag>;
using ManagementGroupId = StrongId<struct ManagementGroupTag>;
using ImportId = StrongId<struct ImportTag>;

}  // namespace winnow

template <>
struct std::hash<winnow::Uuid> {
    std::size_t operator()(const winnow::Uuid& id) const noexcept
    {
        return static_cast<std::size_t>(id.high() * 0x9E3779B97F4A7C15ULL ^ id.low());
    }
};

template <typename Tag>
struct std::hash<winnow::StrongId<Tag>> {
    std::size_t operator()(const winnow::StrongId<Tag>& id) const noexcept
    {
        return std::hash<winnow::Uuid>{}(id.value());
    }
};
