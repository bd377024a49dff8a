#pragma once

/// @file
/// A tenant's exports, inside its transaction.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/export.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct Export {
    ExportId id;
    domain::ExportState state = domain::ExportState::queued;
    Timestamp created_at;
    std::string created_by;
    std::optional<Timestamp> finished_at = {};
    std::string error = {};  ///< Why it failed.
    std::int64_t files = 0;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;  ///< Of the archive.
    std::int32_t parts = 0;  ///< Numbered from 0.
    std::int64_t revision = 1;
};

/// Not thread-safe: lives and dies with its transaction.
class ExportStore {
public:
    ExportStore() = default;
    ExportStore(const ExportStore&) = delete;
    ExportStore& operator=(const ExportStore&) = delete;
    virtual ~ExportStore() = default;

    /// A queued one, that the next runner with time for it takes. `conflict` where one is unfinished.
    [[nodiscard]] virtual Result<Done> insert(const Export& made) = 0;
    /// Newest first, those made before `before`.
    [[nodiscard]] virtual Result<std::vector<Export>> page(std::optional<ExportId> before, std::size_t limit) = 0;
    /// `not_found` where the tenant has no such export.
    [[nodiscard]] virtual Result<Export> find(ExportId id) = 0;
    /// With its content; one that is not finished is given up. `not_found`.
    [[nodiscard]] virtual Result<Done> remove(ExportId id) = 0;
    /// The bytes of a part. `not_found`.
    [[nodiscard]] virtual Result<std::string> part(ExportId id, std::int32_t number) = 0;
};

}  // namespace winnow::ports
