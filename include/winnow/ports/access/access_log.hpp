#pragma once

/// @file
/// Who asked for what: a tenant's access log. Each call of the REST API is an entry of its own; refused ones are
/// summed.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// Texts may hold whatever a caller sent: what stores them makes them fit.
struct AccessEntry {
    Timestamp at;            ///< When it was asked; of summed ones the first time.
    Uuid id;                 ///< Version 7.
    std::string actor = {};  ///< "user:<id>"; "": summed over several.
    std::string means = {};  ///< How that was proven: "user_key".
    std::optional<Uuid> key = {};
    std::string role = {};     ///< "": no user's.
    std::string address = {};  ///< IP address.
    std::string method = {};
    std::string route = {};   ///< "/api/v1/tickets/{id}"
    std::string object = {};  ///< What stood in its braces, slashes between.
    int status = 0;
    std::string code = {};                   ///< Of a refusal, as in its problem document.
    std::optional<std::int64_t> bytes = {};  ///< Of the answer's body; nullopt: it was made while it was sent.
    std::string request_id = {};             ///< "" of summed ones.
    std::int32_t times = 1;                  ///< How many equal ones this sums.
    std::optional<Timestamp> until = {};     ///< The last time, of summed ones.
};

/// An entry, and whose it is.
struct OwnedAccess {
    TenantId tenant;
    AccessEntry entry;
};

/// A key that opened nothing, by its SHA-256: whose it was, if anybody's, knows the store.
struct RefusedKey {
    std::string hash;   ///< 32 bytes.
    AccessEntry entry;  ///< Without actor, means and key.
};

/// What a list is about; what is empty does not matter.
struct AccessFilter {
    std::optional<Timestamp> from = {};
    std::optional<Timestamp> to = {};  ///< Before it.
    std::string actor = {};            ///< "user:<id>"
    std::string address = {};
    std::string object = {};
    std::optional<int> status = {};
};

/// Where a list goes on: the newest are first.
struct AccessPlace {
    Timestamp at;
    Uuid id;
};

/// Used in the transaction that it was made in.
class AccessLog {
public:
    AccessLog() = default;
    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;
    virtual ~AccessLog() = default;

    /// The newest first; those after `after`. Nothing that the tenant no longer keeps.
    [[nodiscard]] virtual Result<std::vector<AccessEntry>> page(const AccessFilter& filter,
                                                                const std::optional<AccessPlace>& after,
                                                                std::size_t limit) = 0;

    /// An entry that stands and falls with its transaction.
    [[nodiscard]] virtual Result<Done> add(const AccessEntry& entry) = 0;
};

/// Stores entries of all tenants, many in one transaction: those that come while one is under way share the next.
/// Thread-safe.
class AccessRecords {
public:
    AccessRecords() = default;
    AccessRecords(const AccessRecords&) = delete;
    AccessRecords& operator=(const AccessRecords&) = delete;
    virtual ~AccessRecords() = default;

    using Finished = std::move_only_function<void(Result<Done>)>;

    /// Never blocks. `finished` is called once, on a database thread, when the entry is committed or cannot be: an
    /// Error says that it may not be in the log. Where too many wait it is called at once with `unavailable`. `held`:
    /// bytes that wait with it.
    virtual void store(OwnedAccess access, std::size_t held, Finished finished) = 0;

    /// Makes room for this month's entries and the next one's. Blocking; once, before the first is stored.
    [[nodiscard]] virtual Result<Done> prepare() = 0;

    /// False while no session is to be had; it is tried again without a call.
    [[nodiscard]] virtual bool healthy() const = 0;
};

/// Thread-safe, blocking.
class RefusedAccessStore {
public:
    RefusedAccessStore() = default;
    RefusedAccessStore(const RefusedAccessStore&) = delete;
    RefusedAccessStore& operator=(const RefusedAccessStore&) = delete;
    virtual ~RefusedAccessStore() = default;

    /// All of them in one transaction. Of keys that no tenant has had nothing is stored.
    [[nodiscard]] virtual Result<Done> store(const std::vector<OwnedAccess>& refused,
                                             const std::vector<RefusedKey>& keys) = 0;
};

}  // namespace winnow::ports
