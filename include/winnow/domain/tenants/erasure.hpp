#pragma once

/// @file
/// The end of a tenant: when it may be erased, and by which steps it is. Pure.

#include "winnow/base/error.hpp"
#include "winnow/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::domain {

/// How long admins may take along what their tenant owns, where the provider says nothing else; and at most.
inline constexpr std::chrono::days kExportWindow{30};
inline constexpr std::chrono::days kLongestExportWindow{366};

/// A tenant whose erasure somebody asks for.
struct TenantAtItsEnd {
    bool closing = false;
    std::string name;
    Timestamp closed_at;
    Timestamp export_until;

    /// Whether its admins have had no time, or have some still: erasing it then takes a waiver.
    [[nodiscard]] bool needs_waiver(Timestamp now) const noexcept
    {
        return now < export_until || export_until <= closed_at;
    }
};

struct ErasureWish {
    std::string name;            ///< As it was typed once more.
    bool waives_window = false;  ///< The export window need not be over.
};

/// Why it may not be erased; nullopt: it may.
[[nodiscard]] std::optional<Error> why_not_erased(const TenantAtItsEnd& tenant, const ErasureWish& wish, Timestamp now);

/// Stored by name: do not rename.
enum class ErasureStage : std::uint8_t {
    rows,         ///< All rows of one table are deleted, some at a time.
    pages,        ///< What they stood in is written anew, so that no page keeps their bytes.
    keys,         ///< Its keys in the vault are destroyed: what they sealed opens in no dump any more.
    proof,        ///< Each table is looked through once more; what somebody has written late goes, too.
    certificate,  ///< What was done is signed, and the tenant is no more.
};

[[nodiscard]] std::string_view to_string(ErasureStage stage) noexcept;
[[nodiscard]] std::optional<ErasureStage> parse_erasure_stage(std::string_view word) noexcept;

/// One step of a plan. `table` lives as long as what the plan was made of; "" where there is none.
struct ErasureStep {
    ErasureStage stage = ErasureStage::rows;
    std::string_view table = {};
    std::int32_t position = 0;  ///< Steps are done in this order.

    friend bool operator==(const ErasureStep&, const ErasureStep&) = default;
};

/// Where the steps stand that are found as rows go: one for each table and partition that some may ever have been in.
inline constexpr std::int32_t kPagesPosition = 10'000;

/// Every step that is known beforehand, in order. `tables`: those that refer to others before these.
[[nodiscard]] std::vector<ErasureStep> erasure_plan(std::span<const std::string_view> tables);

}  // namespace winnow::domain
