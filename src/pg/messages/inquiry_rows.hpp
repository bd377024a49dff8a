#pragma once

/// @file
/// Rows of inquiries, whoever reads and writes them. Private to pg.

#include "winnow/domain/messages/inquiry.hpp"

#include <pqxx/result>
#include <pqxx/transaction_base>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace winnow::pg {

[[nodiscard]] domain::Inquiry read_inquiry(const pqxx::row& row);

/// In order, those behind `after`. Throws what libpqxx throws, as what follows.
[[nodiscard]] std::vector<domain::InquiryMessage> inquiry_messages(pqxx::transaction_base& tx, TenantId tenant,
                                                                   InquiryId id, std::int64_t after, std::size_t limit);

/// State, number of messages and times as they are now; and what was said.
void change_inquiry(pqxx::transaction_base& tx, TenantId tenant, const domain::Inquiry& inquiry,
                    const std::optional<domain::InquiryMessage>& message);
void add_inquiry_message(pqxx::transaction_base& tx, TenantId tenant, InquiryId id,
                         const domain::InquiryMessage& message);

}  // namespace winnow::pg
