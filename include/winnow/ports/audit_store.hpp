#pragma once

/// @file
/// A tenant's audit chain.

#include "winnow/audit/chain.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// A link of the chain as it is stored.
struct AuditRecord {
    std::int64_t seq = 0;
    Timestamp at;
    std::string hash;  ///< 32 bytes.
    std::string record;
    std::optional<std::string> detail;  ///< nullopt: emptied.
    std::string salt;                   ///< 16 bytes where there is a detail.
};

/// What a list is about; what is empty does not matter.
struct AuditFilter {
    std::optional<Timestamp> from;
    std::optional<Timestamp> to;  ///< Before it.
    std::string actor;            ///< "user:<id>"
    std::string act;              ///< "rule.change"
    std::string object;           ///< "rule:<id>"
};

/// Where a list goes on: the newest are first.
struct AuditPlace {
    Timestamp at;
    std::int64_t seq = 0;
};

/// Used in the transaction that it was made in.
class AuditStore {
public:
    AuditStore() = default;
    AuditStore(const AuditStore&) = delete;
    AuditStore& operator=(const AuditStore&) = delete;
    virtual ~AuditStore() = default;

    /// The newest first; those after `after`.
    [[nodiscard]] virtual Result<std::vector<AuditRecord>> page(const AuditFilter& filter,
                                                                const std::optional<AuditPlace>& after,
                                                                std::size_t limit) = 0;
    /// By their numbers, those behind `after` and up to `last`.
    [[nodiscard]] virtual Result<std::vector<AuditRecord>> links(std::int64_t after, std::int64_t last,
                                                                 std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<audit::Anchor>> anchors(std::int64_t after, std::size_t limit) = 0;

    /// The number of the last record; 0: there is none.
    [[nodiscard]] virtual Result<std::int64_t> head() = 0;

    /// Last in its transaction: whoever else appends waits until that has ended. Its number.
    [[nodiscard]] virtual Result<std::int64_t> append(const audit::Act& act) = 0;

    /// Empties the details of these records, and appends `act`, whose object names them ("audit:3,4"). How many had
    /// one.
    [[nodiscard]] virtual Result<std::size_t> redact(const std::vector<std::int64_t>& seqs, const audit::Act& act) = 0;
};

}  // namespace winnow::ports
