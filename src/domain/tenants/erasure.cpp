#include "winnow/domain/tenants/erasure.hpp"

namespace winnow::domain {

namespace {

constexpr std::int32_t kStagesApart = kPagesPosition;

constexpr std::int32_t position_of(ErasureStage stage) noexcept
{
    return static_cast<std::int32_t>(stage) * kStagesApart;
}
static_assert(position_of(ErasureStage::pages) == kPagesPosition);

}  // namespace

std::optional<Error> why_not_erased(const TenantAtItsEnd& tenant, const ErasureWish& wish, Timestamp now)
{
    if (!tenant.closing) {
        return Error(
            ErrorCode::conflict,
            "the tenant is not closing: close it, so that its admins can take along what it owns, and erase it "
            "when the time for that is over");
    }
    if (wish.name != tenant.name) {
        return field_error("/name", "is not this tenant's name: say whose data is to be gone for good");
    }
    if (tenant.needs_waiver(now) && !wish.waives_window) {
        if (now >= tenant.export_until) {
            return Error(ErrorCode::conflict,
                         "the tenant was closed without a time in which its admins could take along what it owns: say "
                         "that the window is waived (waive_export_window), if the tenant does so");
        }
        return Error(ErrorCode::conflict, "the tenant's admins may take along what it owns until " +
                                              format_rfc3339(tenant.export_until) +
                                              ": wait until then, or say that the window is waived "
                                              "(waive_export_window), if the tenant does so");
    }
    return std::nullopt;
}

std::string_view to_string(ErasureStage stage) noexcept
{
    switch (stage) {
        case ErasureStage::rows: return "rows";
        case ErasureStage::pages: return "pages";
        case ErasureStage::keys: return "keys";
        case ErasureStage::proof: return "proof";
        case ErasureStage::certificate: return "certificate";
    }
    return "certificate";
}

std::optional<ErasureStage> parse_erasure_stage(std::string_view word) noexcept
{
    using enum ErasureStage;
    for (const auto stage : {rows, pages, keys, proof, certificate}) {
        if (word == to_string(stage)) return stage;
    }
    return std::nullopt;
}

std::vector<ErasureStep> erasure_plan(std::span<const std::string_view> tables)
{
    std::vector<ErasureStep> plan;
    plan.reserve(2 * tables.size() + 2);
    const auto add_tables = [&](ErasureStage stage) {
        auto position = position_of(stage);
        for (const auto table : tables) plan.push_back({.stage = stage, .table = table, .position = ++position});
    };
    add_tables(ErasureStage::rows);
    plan.push_back({.stage = ErasureStage::keys, .table = {}, .position = position_of(ErasureStage::keys)});
    add_tables(ErasureStage::proof);
    plan.push_back(
        {.stage = ErasureStage::certificate, .table = {}, .position = position_of(ErasureStage::certificate)});
    return plan;
}

}  // namespace winnow::domain
