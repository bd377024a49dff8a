#include "winnow/pg/provider/provider_inquiries.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/messages/inquiry_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/signin/mail_text.hpp"

#include <pqxx/nontransaction>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

using domain::InquiryEvent;
using domain::InquiryMessage;
using ports::TenantInquiry;

constexpr auto kPage = R"sql(
select i.*, t.service_code from inquiries i
  join tenants t on t.tenant_id = i.tenant_id and t.state <> 'erasing'
 where ($1::text is null or i.state = $1::text) and ($2::uuid is null or i.inquiry_id < $2::uuid)
 order by i.inquiry_id desc, i.tenant_id limit $3
)sql";

// Ids are random: no two tenants have the same.
constexpr auto kFind = R"sql(
select i.*, t.service_code from inquiries i
  join tenants t on t.tenant_id = i.tenant_id and t.state <> 'erasing'
 where i.inquiry_id = $1 order by i.tenant_id limit 1
)sql";
constexpr auto kLock = "select now() as at from inquiries where tenant_id = $1 and inquiry_id = $2 for no key update";

constexpr auto kOweMails = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, about, happened_at, expires_at)
select u.tenant_id, gen_random_uuid(), $3::text, u.email, u.locale, $4::text, now(), now() + $5::int8 * interval '1 ms'
  from users u
 where u.tenant_id = $1 and u.state = 'active'
   and (u.user_id = $2
        or u.role = 'admin' and not exists (select from users o
                                             where o.tenant_id = $1 and o.user_id = $2 and o.state = 'active'))
 order by u.user_id limit $6::int8
)sql";

constexpr std::size_t kMostMails = 20;

TenantInquiry read_of_tenant(const pqxx::row& row)
{
    return {.tenant = id_of<TenantId>(row["tenant_id"]),
            .service_code = text_of(row["service_code"]),
            .inquiry = read_inquiry(row)};
}

Result<TenantInquiry> found(pqxx::transaction_base& tx, InquiryId id)
{
    const auto rows = query(tx, kFind, id);
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such inquiry");
    return read_of_tenant(rows.front());
}

class PgProviderInquiries final : public ports::ProviderInquiries {
public:
    explicit PgProviderInquiries(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<std::vector<TenantInquiry>> page(std::optional<domain::InquiryState> state, std::optional<InquiryId> after,
                                            std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<TenantInquiry>> {
            pqxx::nontransaction tx(session.connection());
            std::optional<std::string> word;
            if (state) word = std::string(to_string(*state));
            std::vector<TenantInquiry> page;
            for (const auto& row : query(tx, kPage, word, after, limit)) page.push_back(read_of_tenant(row));
            return page;
        });
    }

    Result<TenantInquiry> find(InquiryId id) override
    {
        return pool_.run([&](Session& session) {
            pqxx::nontransaction tx(session.connection());
            return found(tx, id);
        });
    }

    Result<std::vector<InquiryMessage>> messages(InquiryId id, std::int64_t after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<InquiryMessage>> {
            pqxx::nontransaction tx(session.connection());
            const auto asked = found(tx, id);
            if (!asked) return asked.error();
            return inquiry_messages(tx, asked->tenant, id, after, limit);
        });
    }

    Result<TenantInquiry> answer(InquiryId id, const std::string& text, const ports::ProviderRequest& by) override
    {
        return changed(id, InquiryEvent::answer, text, "inquiry.answer", by);
    }

    Result<TenantInquiry> close(InquiryId id, const ports::ProviderRequest& by) override
    {
        return changed(id, InquiryEvent::close, std::nullopt, "inquiry.close", by);
    }

private:
    Result<TenantInquiry> changed(InquiryId id, InquiryEvent event, const std::optional<std::string>& text,
                                  std::string_view act, const ports::ProviderRequest& by) const
    {
        return pool_.run([&](Session& session) -> Result<TenantInquiry> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto seen = found(tx, id);
            if (!seen) return seen;
            const auto locked = query(tx, kLock, seen->tenant, id);
            auto asked = found(tx, id);  // as it is, now that nobody else changes it
            if (!asked) return asked;
            auto& inquiry = asked->inquiry;
            const auto state = next(inquiry.state, event);
            if (!state) return Error(ErrorCode::conflict, "the inquiry is closed");
            if (text && inquiry.messages >= domain::kMaxInquiryMessages) {
                return Error(ErrorCode::conflict, "the inquiry has as many messages as one may have");
            }
            inquiry.state = *state;
            inquiry.changed_at = time_of(locked.front()["at"]);
            if (*state == domain::InquiryState::closed) inquiry.closed_at = inquiry.changed_at;
            std::optional<InquiryMessage> message;
            if (text) {
                message = InquiryMessage{.seq = ++inquiry.messages,
                                         .side = domain::InquirySide::provider,
                                         .author = by.actor.id,
                                         .author_name = {},
                                         .text = *text,
                                         .at = inquiry.changed_at};
            }
            change_inquiry(tx, asked->tenant, inquiry, message);
            if (message) owe_mails(tx, *asked);
            record(tx, *asked, act, by);
            transaction.commit();
            return asked;
        });
    }

    static void owe_mails(pqxx::transaction_base& tx, const TenantInquiry& asked)
    {
        constexpr auto kKind = signin::MailKind::inquiry_answered;
        query(tx, kOweMails, asked.tenant, asked.inquiry.opened_by, to_string(kKind), asked.inquiry.subject,
              signin::worth_sending_for(kKind).count(), kMostMails);
    }

    /// The tenant's chain first, then the provider's: whoever wants both takes them in this order.
    static void record(pqxx::transaction_base& tx, const TenantInquiry& asked, std::string_view act,
                       const ports::ProviderRequest& by)
    {
        const auto object = "inquiry:" + asked.inquiry.id.str();
        ports::ProviderRequest shown;  // from where the provider works is its own
        shown.actor = by.actor;
        append_providers_act(tx, asked.tenant, act_of(object, act, shown));
        append_providers(tx, act_of(object, act, by, {{"tenant_id", asked.tenant.str()}}));
    }

    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::ProviderInquiries> make_provider_inquiries(const Sessions& sessions)
{
    return std::make_unique<PgProviderInquiries>(sessions);
}

}  // namespace winnow::pg
