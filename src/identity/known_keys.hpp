#pragma once

/// @file
/// The keys that a node knows. Private to identity.

#include "winnow/access/permission.hpp"
#include "winnow/access/revoked.hpp"
#include "winnow/identity/hearing.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace winnow::identity {

/// One that was good when it was asked for last.
struct KnownKey {
    access::Principal principal;
    std::optional<Instant> asked;  ///< nullopt: it is to be asked for again.
    std::optional<Instant> ends;   ///< When it expires.
};

/// By their SHA-256, so that memory holds no secret but those that access keys sign with, which are here by their own
/// names; whoever finds a hash equal has shown the key. What is doubted stays known: it was good of late. Not
/// thread-safe.
class KnownKeys {
public:
    explicit KnownKeys(std::size_t most) : most_(most) {}

    /// nullptr: unknown. Valid until the next change.
    [[nodiscard]] const KnownKey* find(const std::string& hash) const;

    /// Where there is no room, those that `is_over` go first, and then any.
    void put(const std::string& hash, KnownKey key, const std::function<bool(const KnownKey&)>& is_over);
    void erase(const std::string& hash);

    /// Those that it concerns are to be asked for again. In the time of one tenant's keys, but for everything.
    void doubt(const access::Revoked& what);

private:
    using Keys = std::unordered_map<std::string, KnownKey>;

    Keys::iterator remove(Keys::iterator at);
    void make_room(const std::function<bool(const KnownKey&)>& is_over);

    const std::size_t most_;
    Keys keys_;
    std::unordered_map<TenantId, std::unordered_set<Keys::value_type*>> of_tenant_;  // each of keys_ once
};

}  // namespace winnow::identity
