#pragma once

/// @file
/// What a tenant asks its provider, as the tenant's people do it.

#include "winnow/base/result.hpp"
#include "winnow/base/uuid.hpp"
#include "winnow/domain/messages/inquiry.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::ports {

/// Not thread-safe: lives and dies with its transaction.
class InquiryStore {
public:
    InquiryStore() = default;
    InquiryStore(const InquiryStore&) = delete;
    InquiryStore& operator=(const InquiryStore&) = delete;
    virtual ~InquiryStore() = default;

    /// The newest first, those before `after`.
    [[nodiscard]] virtual Result<std::vector<domain::Inquiry>> page(std::optional<InquiryId> after,
                                                                    std::size_t limit) = 0;
    [[nodiscard]] virtual Result<domain::Inquiry> find(InquiryId id) = 0;
    /// As find(); nobody else changes it until the transaction ends.
    [[nodiscard]] virtual Result<domain::Inquiry> lock(InquiryId id) = 0;
    /// In order, those behind `after`.
    [[nodiscard]] virtual Result<std::vector<domain::InquiryMessage>> messages(InquiryId id, std::int64_t after,
                                                                               std::size_t limit) = 0;
    /// All that are kept, also closed ones.
    [[nodiscard]] virtual Result<std::size_t> count() = 0;

    /// With its first message.
    [[nodiscard]] virtual Result<Done> open(const domain::Inquiry& inquiry, const domain::InquiryMessage& message) = 0;
    /// As it is now; and what was said, where something was. Of one that is locked.
    [[nodiscard]] virtual Result<Done> change(const domain::Inquiry& inquiry,
                                              const std::optional<domain::InquiryMessage>& message) = 0;
};

}  // namespace winnow::ports
