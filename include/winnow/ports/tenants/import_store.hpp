#pragma once

/// @file
/// A tenant's imports, inside its transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/import.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct Import {
    ImportId id;
    domain::ImportState state = domain::ImportState::receiving;
    Timestamp created_at;
    std::string created_by;
    std::string source = {};  ///< The service code of the tenant whose archive it is to be; "": any.
    std::optional<Timestamp> finished_at = {};
    std::string error = {};                        ///< Why it failed.
    std::vector<domain::ImportFault> faults = {};  ///< What of the archive is wrong, where that is why.
    std::int32_t parts = 0;                        ///< That were received.
    std::int64_t bytes = 0;                        ///< Of them.
    std::int64_t rows_done = 0;                    ///< That were read, or written.
    std::int64_t rows_total = 0;                   ///< 0 as long as nobody knows.
    std::int64_t revision = 1;
};

/// Not thread-safe: lives and dies with its transaction.
class ImportStore {
public:
    ImportStore() = default;
    ImportStore(const ImportStore&) = delete;
    ImportStore& operator=(const ImportStore&) = delete;
    virtual ~ImportStore() = default;

    /// One whose archive is to come. `conflict` where one is unfinished, where there are 1,000 already, or where of
    /// earlier ones more than `max_bytes` are stored yet.
    [[nodiscard]] virtual Result<Done> insert(const Import& made, std::int64_t max_bytes) = 0;
    /// Newest first, those made before `before`.
    [[nodiscard]] virtual Result<std::vector<Import>> page(std::optional<ImportId> before, std::size_t limit) = 0;
    /// `not_found` where the tenant has no such import.
    [[nodiscard]] virtual Result<Import> find(ImportId id) = 0;
    /// One that is not finished is given up, and leaves nothing. `not_found`.
    [[nodiscard]] virtual Result<Done> remove(ImportId id) = 0;

    /// A part of the archive, in the place of one of the same number. `not_found`; `conflict`: it is not received any
    /// more; `too_large`: all parts would be longer than `max_bytes`.
    [[nodiscard]] virtual Result<Done> put_part(ImportId id, std::int32_t number, const std::string& bytes,
                                                std::int64_t max_bytes) = 0;
    /// All parts are there: the next runner with time for it takes it. `not_found`; `conflict` where it was begun
    /// already, or a part is missing.
    [[nodiscard]] virtual Result<Done> start(ImportId id) = 0;

    /// What the tenant has already of what can be imported into an empty one only: "rules"; "": nothing.
    [[nodiscard]] virtual Result<std::string> in_the_way() = 0;
};

}  // namespace winnow::ports
