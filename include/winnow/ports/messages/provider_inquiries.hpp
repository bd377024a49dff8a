#pragma once

/// @file
/// What tenants ask, as the provider answers it.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/messages/inquiry.hpp"
#include "winnow/ports/credential_store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow::ports {

struct TenantInquiry {
    TenantId tenant;
    std::string service_code;
    domain::Inquiry inquiry;
};

/// Under the provider role; each act stands in the tenant's audit chain and in the provider's. Thread-safe, blocking.
class ProviderInquiries {
public:
    ProviderInquiries() = default;
    ProviderInquiries(const ProviderInquiries&) = delete;
    ProviderInquiries& operator=(const ProviderInquiries&) = delete;
    virtual ~ProviderInquiries() = default;

    /// Of all tenants, the newest first, those before `after`; nullopt: in whichever state.
    [[nodiscard]] virtual Result<std::vector<TenantInquiry>> page(std::optional<domain::InquiryState> state,
                                                                  std::optional<InquiryId> after,
                                                                  std::size_t limit) = 0;
    [[nodiscard]] virtual Result<TenantInquiry> find(InquiryId id) = 0;
    /// In order, those behind `after`. `not_found`: there is no such inquiry.
    [[nodiscard]] virtual Result<std::vector<domain::InquiryMessage>> messages(InquiryId id, std::int64_t after,
                                                                               std::size_t limit) = 0;

    /// Who asked is owed a mail; where they are gone, the tenant's active admins are. `conflict`: it is closed, or has
    /// kMaxInquiryMessages already.
    [[nodiscard]] virtual Result<TenantInquiry> answer(InquiryId id, const std::string& text,
                                                       const ProviderRequest& by) = 0;
    /// `conflict`: it is closed already.
    [[nodiscard]] virtual Result<TenantInquiry> close(InquiryId id, const ProviderRequest& by) = 0;
};

}  // namespace winnow::ports
