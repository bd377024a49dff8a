#include "winnow/ports/messages/inquiry_store.hpp"

#include "pg/messages/inquiry_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using domain::Inquiry;
using domain::InquiryMessage;

constexpr auto kPage = R"sql(
select * from inquiries where tenant_id = $1 and ($2::uuid is null or inquiry_id < $2::uuid)
 order by inquiry_id desc limit $3)sql";

constexpr auto kFind = "select * from inquiries where tenant_id = $1 and inquiry_id = $2";
constexpr auto kLock = "select * from inquiries where tenant_id = $1 and inquiry_id = $2 for no key update";
constexpr auto kCount = "select count(*) from inquiries where tenant_id = $1";

constexpr auto kOpen = R"sql(
insert into inquiries (tenant_id, inquiry_id, opened_by, opened_by_name, subject, state, messages, opened_at,
                       changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9))sql";

class PgInquiryStore final : public ports::InquiryStore {
public:
    PgInquiryStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<Inquiry>> page(std::optional<InquiryId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Inquiry>> {
            std::vector<Inquiry> page;
            for (const auto& row : query(tx_, kPage, tenant_, after, limit)) page.push_back(read_inquiry(row));
            return page;
        });
    }

    Result<Inquiry> find(InquiryId id) override { return one(kFind, id); }
    Result<Inquiry> lock(InquiryId id) override { return one(kLock, id); }

    Result<std::vector<InquiryMessage>> messages(InquiryId id, std::int64_t after, std::size_t limit) override
    {
        return translated(
            [&]() -> Result<std::vector<InquiryMessage>> { return inquiry_messages(tx_, tenant_, id, after, limit); });
    }

    Result<std::size_t> count() override
    {
        return translated(
            [&]() -> Result<std::size_t> { return query(tx_, kCount, tenant_).front()[0].as<std::size_t>(); });
    }

    Result<Done> open(const Inquiry& inquiry, const InquiryMessage& message) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kOpen, tenant_, inquiry.id, inquiry.opened_by, inquiry.opened_by_name, inquiry.subject,
                  to_string(inquiry.state), inquiry.messages, inquiry.opened_at, inquiry.changed_at);
            add_inquiry_message(tx_, tenant_, inquiry.id, message);
            return Done{};
        });
    }

    Result<Done> change(const Inquiry& inquiry, const std::optional<InquiryMessage>& message) override
    {
        return translated([&]() -> Result<Done> {
            change_inquiry(tx_, tenant_, inquiry, message);
            return Done{};
        });
    }

private:
    Result<Inquiry> one(const char* statement, InquiryId id)
    {
        return translated([&]() -> Result<Inquiry> {
            const auto rows = query(tx_, statement, tenant_, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such inquiry");
            return read_inquiry(rows.front());
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::InquiryStore> make_inquiry_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgInquiryStore>(tx, tenant);
}

}  // namespace winnow::pg
