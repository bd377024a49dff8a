#pragma once

/// @file
/// A tenant's settings, and the lock that writers of its configuration take.

#include "winnow/access/source_networks.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/domain/tenant.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace winnow::ports {

/// From where the tenant lets its callers in.
struct PlacesInForce {
    access::SourceNetworks lists;
    std::optional<Timestamp> revert_at;  ///< They are on trial until then; nullopt: they stay.
};

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

    /// Empty lists where none were ever saved.
    [[nodiscard]] virtual Result<PlacesInForce> places() = 0;

    /// In force from now on, and for `trial` only, unless keep_places() is called within it: then what was last kept is
    /// in force again.
    [[nodiscard]] virtual Result<PlacesInForce> try_places(const access::SourceNetworks& lists,
                                                           std::chrono::milliseconds trial) = 0;

    /// Those that are on trial stay. False: none are, or their time is over.
    [[nodiscard]] virtual Result<bool> keep_places() = 0;
};

}  // namespace winnow::ports
