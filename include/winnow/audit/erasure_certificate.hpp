#pragma once

/// @file
/// The certificate of a tenant's deletion: what was erased, when, and who asked for it, as one text that is signed.
/// Pure.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::audit {

/// What was erased of one table.
struct ErasedRows {
    std::string table;
    std::int64_t rows = 0;
    Timestamp done_at;
    std::int64_t pages_rewritten = 0;  ///< Files, of the table and its partitions, that were written anew afterwards.
    std::int64_t pages_left = 0;       ///< That were too large to be: their free space is reused by and by.
};

struct ErasureCertificate {
    Uuid erasure;
    TenantId tenant;
    std::string service_code;
    std::string asked_by;       ///< Actor::id.
    std::string asked_means;    ///< Actor::means.
    std::string asked_request;  ///< Actor::request_id.
    std::string reason;
    Timestamp closed_at;
    Timestamp export_until;
    bool window_waived = false;
    std::optional<Timestamp> exported_at;  ///< Of the last export that was ready; nullopt: none was kept any more.
    Timestamp asked_at;
    Timestamp began_at;
    Timestamp finished_at;
    Timestamp backups_until;  ///< Backups that hold anything of it are gone by then.
    std::vector<ErasedRows> tables;
    /// Versions of the tenant's key in the vault; nullopt: the service has no vault.
    std::optional<std::vector<std::int64_t>> keys_destroyed;
    std::int64_t audit_seq = 0;  ///< Where the tenant's own audit log ended; 0: nothing was ever recorded.
    std::string audit_hash;      ///< Of that record, 32 bytes.
};

/// One JSON object: members sorted, no spaces, integers only, times as RFC 3339. Where a text may stand, json_string().
[[nodiscard]] std::string certificate_body(const ErasureCertificate& certificate);

/// What is signed: "winnow-erasure/1", a line feed, the body.
[[nodiscard]] std::string certificate_text(std::string_view body);

/// The file that is handed out: {"certificate":BODY,"key_id":"…","signature":"…"} and a line feed, the signature as
/// hexadecimal digits. `key_id`: 16 hexadecimal digits; `signature`: 64 bytes.
[[nodiscard]] std::string certificate_file(std::string_view body, std::string_view key_id, std::string_view signature);

/// What such a file holds. Whether it is genuine says the signature alone.
struct SignedCertificate {
    std::string body;
    std::string key_id;
    std::string signature;  ///< 64 bytes.
};

/// `invalid_argument`: it is no such file, byte for byte.
[[nodiscard]] Result<SignedCertificate> read_certificate_file(std::string_view file);

}  // namespace winnow::audit
