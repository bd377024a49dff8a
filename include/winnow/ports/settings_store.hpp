#pragma once

/// @file
/// A tenant's settings, and the lock that writers of its configuration take.

#include "winnow/base/result.hpp"
#include "winnow/domain/tenant.hpp"

#include <cstdint>

namespace winnow::ports {

/// Not thread-safe: lives and dies with its transaction.
class SettingsStore {
public:
    SettingsStore() = default;
    SettingsStore(const SettingsStore&) = delete;
    SettingsStore& operator=(const SettingsStore&) = delete;
    virtual ~SettingsStore() = default;

    /// Waits until nobody else changes the tenant's configuration, and keeps everybody else from it until this
    /// transaction ends: what is read afterwards stays true until it is written. Readers and ingestion do not wait.
    /// Returns the configuration's version as it stands: it grows with every transaction that changes rules, contacts,
    /// keys or settings.
    [[nodiscard]] virtual Result<std::int64_t> lock_configuration() = 0;

    /// The defaults where none were ever saved.
    [[nodiscard]] virtual Result<domain::Settings> load() = 0;

    /// The groups of the default route must exist.
    [[nodiscard]] virtual Result<Done> save(const domain::Settings& settings) = 0;
};

}  // namespace winnow::ports
