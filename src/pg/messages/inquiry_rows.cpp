#include "pg/messages/inquiry_rows.hpp"

#include "pg/rows/values.hpp"

#include <stdexcept>

namespace winnow::pg {

namespace {

constexpr auto kMessages = R"sql(
select seq, side, author, author_name, body, said_at from inquiry_messages
 where tenant_id = $1 and inquiry_id = $2 and seq > $3 order by seq limit $4
)sql";

constexpr auto kChange = R"sql(
update inquiries set state = $3, messages = $4, changed_at = $5, closed_at = $6
 where tenant_id = $1 and inquiry_id = $2
)sql";

constexpr auto kAdd = R"sql(
insert into inquiry_messages (tenant_id, inquiry_id, seq, side, author, author_name, body, said_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
)sql";

}  // namespace

domain::Inquiry read_inquiry(const pqxx::row& row)
{
    const auto state = domain::parse_inquiry_state(row["state"].c_str());
    if (!state) throw std::runtime_error("a row of inquiries cannot be read");
    return {.id = id_of<InquiryId>(row["inquiry_id"]),
            .opened_by = id_of<UserId>(row["opened_by"]),
            .opened_by_name = text_of(row["opened_by_name"]),
            .subject = text_of(row["subject"]),
            .state = *state,
            .messages = row["messages"].as<std::int64_t>(),
            .opened_at = time_of(row["opened_at"]),
            .changed_at = time_of(row["changed_at"]),
            .closed_at = optional_time_of(row["closed_at"])};
}

std::vector<domain::InquiryMessage> inquiry_messages(pqxx::transaction_base& tx, TenantId tenant, InquiryId id,
                                                     std::int64_t after, std::size_t limit)
{
    std::vector<domain::InquiryMessage> messages;
    for (const auto& row : query(tx, kMessages, tenant, id, after, limit)) {
        messages.push_back({.seq = row["seq"].as<std::int64_t>(),
                            .side = text_of(row["side"]) == to_string(domain::InquirySide::tenant)
                                        ? domain::InquirySide::tenant
                                        : domain::InquirySide::provider,
                            .author = text_of(row["author"]),
                            .author_name = text_of(row["author_name"]),
                            .text = text_of(row["body"]),
                            .at = time_of(row["said_at"])});
    }
    return messages;
}

void change_inquiry(pqxx::transaction_base& tx, TenantId tenant, const domain::Inquiry& inquiry,
                    const std::optional<domain::InquiryMessage>& message)
{
    query(tx, kChange, tenant, inquiry.id, to_string(inquiry.state), inquiry.messages, inquiry.changed_at,
          inquiry.closed_at);
    if (message) add_inquiry_message(tx, tenant, inquiry.id, *message);
}

void add_inquiry_message(pqxx::transaction_base& tx, TenantId tenant, InquiryId id,
                         const domain::InquiryMessage& message)
{
    query(tx, kAdd, tenant, id, message.seq, to_string(message.side), message.author, message.author_name, message.text,
          message.at);
}

}  // namespace winnow::pg
