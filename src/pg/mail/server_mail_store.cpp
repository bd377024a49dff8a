#include "winnow/ports/mail/server_mail_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "winnow/observe/log.hpp"

#include <memory>

namespace winnow::pg {
namespace {

constexpr auto kOwe = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, sealed_token, source, happened_at, number,
                          about, expires_at)
select $1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::bytea, $7::text, $8::timestamptz, $9::int4,
       $12::text, now() + $10::int8 * interval '1 ms'
 where (select count(*) from server_mails where tenant_id = $1::uuid and state = 'pending') < $11::int8
)sql";

class PgServerMailStore final : public ports::ServerMailStore {
public:
    PgServerMailStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<Done> owe(const ports::ServerMail& mail) override
    {
        return translated([&]() -> Result<Done> {
            const auto owed = query(tx_, kOwe, tenant_, mail.id, to_string(mail.kind), mail.to, to_string(mail.locale),
                                    Bytes{mail.sealed_token}, mail.source, mail.at, mail.number,
                                    signin::worth_sending_for(mail.kind).count(), ports::kMostOwedMails, mail.about);
            if (owed.affected_rows() != 0) return Done{};
            if (signin::link_of(mail.kind)) {
                return Error(ErrorCode::rate_limited, "too many mails of this tenant wait to be sent; try again later");
            }
            observe::warn("somebody is not told of an act: too many mails of the tenant wait to be sent",
                          {{"tenant", tenant_.str()}, {"mail", to_string(mail.kind)}});
            return Done{};
        });
    }

    Result<Done> drop(signin::MailKind kind, const std::string& to) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "select drop_pending_mails($1, $2)", to_string(kind), to);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ServerMailStore> make_server_mail_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgServerMailStore>(tx, tenant);
}

}  // namespace winnow::pg
