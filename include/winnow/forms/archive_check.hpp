#pragma once

/// @file
/// Whether an archive (`winnow-export/1`) can be imported: all that can be told of it without writing anything. Pure.

#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenants/archive_shape.hpp"
#include "winnow/domain/tenants/import.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::forms {

inline constexpr std::string_view kArchiveFormat = "winnow-export/1";
inline constexpr std::string_view kManifest = "manifest.json";
/// The folder of alerts, which has one for each day.
inline constexpr std::string_view kAlertsFolder = "alerts";

/// No line that we write is as long.
inline constexpr std::size_t kMostArchiveLine = std::size_t{16} << 20U;
/// So many rows at most can others refer to: 16 bytes of memory each.
inline constexpr std::size_t kMostReferredRows = 4'000'000;

/// Where a member of an archive belongs.
struct ArchivePlace {
    std::string_view resource;  ///< "rules", "alerts".
    std::string_view day = {};  ///< Of alerts: "2026-11-28".
    std::int64_t number = 0;    ///< From 1 on.
};

/// nullopt: no file of an export is called so.
[[nodiscard]] std::optional<ArchivePlace> place_in_archive(std::string_view name) noexcept;

/// What the manifest says of an archive.
struct ArchiveAbout {
    TenantId tenant;
    std::string service_code;
    std::string schema;
    Timestamp taken_at;
};

struct ArchiveVerdict {
    std::vector<domain::ImportFault> faults = {};  ///< None: it can be imported. At most kMostImportFaults.
    ArchiveAbout about = {};                       ///< Without faults.
    std::int64_t rows = 0;                         ///< That are to be imported, alerts among them.
    std::set<std::string> days = {};               ///< On which alerts came.
};

/// Takes the members of an archive in their order. Memory is that of the ids that others refer to, and of the names of
/// files. Not thread-safe.
class ArchiveCheck {
public:
    /// What is wrong with a line of alerts of that day; "" where nothing is.
    using CheckAlert = std::move_only_function<std::string(std::string_view line, std::string_view day)>;

    ArchiveCheck(domain::ArchiveShape shape, CheckAlert check_alert, std::size_t most_referred = kMostReferredRows);
    ~ArchiveCheck();
    ArchiveCheck(const ArchiveCheck&) = delete;
    ArchiveCheck& operator=(const ArchiveCheck&) = delete;

    void take(std::string_view name, std::string_view content);
    /// Of what cannot be read as an archive, or what somebody else found in one.
    void add(domain::ImportFault fault);
    [[nodiscard]] std::size_t faults() const noexcept;
    /// Nothing more would be told.
    [[nodiscard]] bool is_full() const noexcept;
    /// Read so far.
    [[nodiscard]] std::int64_t rows() const noexcept;

    /// Once. `expected`: the service code that the tenant of the archive is to have; "": any.
    [[nodiscard]] ArchiveVerdict finish(std::string_view expected);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace winnow::forms
