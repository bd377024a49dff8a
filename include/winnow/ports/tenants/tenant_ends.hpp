#pragma once

/// @file
/// The end of tenants, as the provider decides it: closed, with a time for exports, and then erased.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/tenant.hpp"
#include "winnow/domain/tenants/erasure.hpp"
#include "winnow/ports/credential_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

/// An erasure as it stands.
struct Erasure {
    ErasureId id;
    TenantId tenant;
    std::string service_code;
    std::string name;
    std::string reason;
    Timestamp closed_at;
    Timestamp export_until;
    bool window_waived = false;
    Timestamp asked_at;
    Timestamp begins_at;
    std::optional<Timestamp> began_at;
    std::optional<Timestamp> finished_at;  ///< Then there is a certificate, and no step is known any more.
    std::int64_t steps = 0;
    std::int64_t done = 0;                      ///< Of these.
    std::int64_t rows = 0;                      ///< Deleted so far.
    std::optional<domain::ErasureStage> stage;  ///< What comes next, or goes on.
    std::string relation;                       ///< Of it; "" where there is none.
};

/// What is asked for.
struct ErasureOrder {
    ErasureId id;
    domain::ErasureWish wish;
    std::string reason;
};

/// The certificate of a finished erasure, as it was signed.
struct SignedErasure {
    std::string service_code;
    std::string body;
    std::string key_id;
    std::string signature;  ///< 64 bytes.
};

/// Each act stands in the provider's audit chain when it is committed. Thread-safe, blocking: call on a worker thread.
/// `not_found`, of all: there is no such tenant, or erasure.
class TenantEnds {
public:
    TenantEnds() = default;
    TenantEnds(const TenantEnds&) = delete;
    TenantEnds& operator=(const TenantEnds&) = delete;
    virtual ~TenantEnds() = default;

    /// From now on only admins get in, and nothing is taken in. `conflict`: it is closing, or being erased.
    [[nodiscard]] virtual Result<domain::Tenant> close(TenantId id, std::chrono::days window, const std::string& reason,
                                                       const ProviderRequest& by) = 0;
    /// It is active again. `conflict`: it is not closing.
    [[nodiscard]] virtual Result<domain::Tenant> cancel_close(TenantId id, const std::string& reason,
                                                              const ProviderRequest& by) = 0;
    /// Nobody gets in any more; the clock does the rest, on whatever node. Errors as domain::why_not_erased() has them.
    [[nodiscard]] virtual Result<Erasure> erase(TenantId id, const ErasureOrder& order, const ProviderRequest& by) = 0;

    /// In order of service code, those after `after` ("" for the first page).
    [[nodiscard]] virtual Result<std::vector<Erasure>> erasures(const std::string& after, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<Erasure> erasure(ErasureId id) = 0;
    /// `conflict`: it is not finished.
    [[nodiscard]] virtual Result<SignedErasure> certificate(ErasureId id) = 0;
};

}  // namespace winnow::ports
