#pragma once

/// @file
/// A tenant's silences, maintenance windows and inhibitions, compiled. Pure; immutable, shared by every thread that
/// triages for the tenant.

#include "winnow/base/time.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/suppression/recurrence.hpp"
#include "winnow/suppression/scope.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace winnow::suppression {

class Suppressions {
public:
    struct CompiledInhibition {
        InhibitionId id;
        Scope source;
        Scope target;
        std::vector<expr::Matcher> equal;  ///< For the values of these names; see inhibition.hpp.
        std::string reason;
    };

    /// What does not compile (it was checked on save, so this is a version skew) is left out and named in broken().
    [[nodiscard]] static std::shared_ptr<const Suppressions> compile(const domain::TenantConfig& config);

    /// The first silence, else window, that covers the alert at that instant. Asks for neither status nor inhibitions.
    /// What the budget does not do for covers nothing.
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, Timestamp now,
                                                        domain::AlertBudget& budget) const;
    /// With a budget of its own.
    [[nodiscard]] std::optional<domain::Cover> covering(const domain::Alert& alert, Timestamp now) const;

    /// Those that are enabled.
    [[nodiscard]] const std::vector<CompiledInhibition>& inhibitions() const noexcept { return inhibitions_; }

    [[nodiscard]] const std::vector<domain::QuietCause>& broken() const noexcept { return broken_; }

private:
    struct CompiledSilence {
        Scope scope;
        Timestamp starts_at;
        Timestamp ends_at;
        domain::QuietCause cause;
        std::string reason;
    };

    void add(const domain::Silence& silence);
    void add(const domain::MaintenanceWindow& window);
    void add(const domain::Inhibition& inhibition);

    struct CompiledWindow {
        Scope scope;
        Recurrence recurrence;
        domain::QuietCause cause;
        std::string reason;
    };

    /// Which silences ask for one value of a name: most of them do, and most alerts have another.
    struct ByName {
        expr::Matcher name;
        std::unordered_map<std::string, std::vector<std::size_t>>
            silences;  ///< By value: places in silences_, ascending.
    };

    void index(std::size_t silence);
    [[nodiscard]] std::vector<std::size_t> candidates(const domain::Alert& alert) const;

    std::vector<CompiledSilence> silences_;
    std::vector<ByName> by_name_;
    std::vector<std::size_t> not_indexed_;
    std::vector<CompiledWindow> windows_;
    std::vector<CompiledInhibition> inhibitions_;
    std::vector<domain::QuietCause> broken_;
};

}  // namespace winnow::suppression
