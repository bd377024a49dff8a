#pragma once

/// @file
/// A tenant's maintenance windows, inside one of its transactions.

#include "winnow/base/result.hpp"
#include "winnow/domain/cost_ladder.hpp"
#include "winnow/domain/silence.hpp"
#include "winnow/ports/silence_store.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace winnow::ports {

struct StoredWindow {
    domain::MaintenanceWindow window;
    CoverStats stats;
    std::optional<domain::JudgeCost> cost = {};  ///< Where this version was an alert's dearest over its budget.
};

/// Lists go by id, which is by age. Not thread-safe: lives and dies with its transaction. Writers hold
/// SettingsStore::lock_configuration().
class MaintenanceStore {
public:
    MaintenanceStore() = default;
    MaintenanceStore(const MaintenanceStore&) = delete;
    MaintenanceStore& operator=(const MaintenanceStore&) = delete;
    virtual ~MaintenanceStore() = default;

    [[nodiscard]] virtual Result<std::vector<StoredWindow>> page(std::optional<MaintenanceWindowId> after,
                                                                 std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<domain::MaintenanceWindow>> all() = 0;
    /// `not_found` where the tenant has no such window.
    [[nodiscard]] virtual Result<StoredWindow> find(MaintenanceWindowId id) = 0;
    /// `conflict` where another window has the name.
    [[nodiscard]] virtual Result<Done> insert(const domain::MaintenanceWindow& window) = 0;
    [[nodiscard]] virtual Result<Done> update(const domain::MaintenanceWindow& window) = 0;
    [[nodiscard]] virtual Result<Done> remove(MaintenanceWindowId id) = 0;
};

}  // namespace winnow::ports
