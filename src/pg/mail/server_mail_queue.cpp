#include "winnow/pg/server_mail_queue.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/result>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace winnow::pg {

namespace {

using ports::MailResult;

constexpr std::size_t kExpiredAtOnce = 1'000;

constexpr auto kExpire = R"sql(
update server_mails
   set state = 'dead', finished_at = now(), sealed_token = '',
       last_error = case last_error when '' then 'It came too late to be of use.' else last_error end
 where ctid = any(array(
    select ctid from server_mails where state = 'pending' and due_at <= now() and expires_at <= now()
     order by due_at limit $1 for update skip locked))
)sql";

// Each tenant's oldest, then each tenant's next. What another node is claiming right now is skipped.
constexpr auto kClaim = R"sql(
with due as materialized (
    select tenant_id, mail_id, due_at,
           row_number() over (partition by tenant_id order by due_at, mail_id) as place
      from server_mails where state = 'pending' and due_at <= now() and expires_at > now()
), picked as materialized (
    select m.tenant_id, m.mail_id
      from due d
      join server_mails m on m.tenant_id = d.tenant_id and m.mail_id = d.mail_id
     where m.state = 'pending' and m.due_at <= now()
     order by d.place, d.due_at limit $1
       for update of m skip locked
)
update server_mails m
   set attempts = m.attempts + 1, due_at = now() + $2::int8 * interval '1 ms'
  from picked p
  join tenants t on t.tenant_id = p.tenant_id
 where m.tenant_id = p.tenant_id and m.mail_id = p.mail_id
returning m.tenant_id, m.mail_id, t.name, t.service_code, m.kind, m.receiver, m.locale, m.sealed_token, m.source,
          m.happened_at, m.number, m.about, m.attempts, m.owed_at, m.expires_at, now() as claimed_at
)sql";

constexpr auto kDelete = R"sql(
delete from server_mails m
 using unnest($1::uuid[], $2::uuid[], $3::int4[]) as r (tenant_id, mail_id, attempts)
 where m.tenant_id = r.tenant_id and m.mail_id = r.mail_id and m.attempts = r.attempts and m.state = 'pending'
)sql";

constexpr auto kKeep = R"sql(
update server_mails m
   set state = case when r.dead then 'dead' else 'pending' end,
       finished_at = case when r.dead then now() end,
       sealed_token = case when r.dead then '' else m.sealed_token end,
       due_at = now() + r.after * interval '1 ms',
       last_error = r.error
  from unnest($1::uuid[], $2::uuid[], $3::int4[], $4::bool[], $5::int8[], $6::text[])
       as r (tenant_id, mail_id, attempts, dead, after, error)
 where m.tenant_id = r.tenant_id and m.mail_id = r.mail_id and m.attempts = r.attempts and m.state = 'pending'
)sql";

/// False where a newer program owes it in words that this one does not know: such a one will send it.
bool read(const pqxx::row& row, ports::OwedMail& owed)
{
    const auto kind = signin::parse_mail_kind(text_of(row["kind"]));
    if (!kind) return false;
    owed.tenant = id_of<TenantId>(row["tenant_id"]);
    owed.tenant_name = text_of(row["name"]);
    owed.service_code = text_of(row["service_code"]);
    owed.mail = {.id = id_of<ServerMailId>(row["mail_id"]),
                 .kind = *kind,
                 .to = text_of(row["receiver"]),
                 .locale = signin::parse_locale(text_of(row["locale"])).value_or(signin::Locale::en),
                 .sealed_token = bytes_of(row["sealed_token"]),
                 .source = text_of(row["source"]),
                 .at = time_of(row["happened_at"]),
                 .number = row["number"].as<int>(),
                 .about = text_of(row["about"])};
    owed.attempts = row["attempts"].as<std::int32_t>();
    owed.owed_at = time_of(row["owed_at"]);
    owed.expires_at = time_of(row["expires_at"]);
    owed.claimed_at = time_of(row["claimed_at"]);
    return true;
}

/// The results' columns, each as the literal of an array.
class Columns {
public:
    void add(const MailResult& result)
    {
        tenants_.add(result.tenant);
        mails_.add(result.id);
        attempts_.add(result.attempts);
        dead_.add(result.state == MailResult::State::dead);
        after_.add(result.retry_after.count());
        errors_.add(result.error);
        ++count_;
    }

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// Once. `whole`: with what is kept of those that were not sent.
    [[nodiscard]] Arguments take(bool whole)
    {
        Arguments arguments;
        for (auto* const literal : {&tenants_, &mails_, &attempts_}) arguments.add_literal(literal->take());
        if (!whole) return arguments;
        for (auto* const literal : {&dead_, &after_, &errors_}) arguments.add_literal(literal->take());
        return arguments;
    }

private:
    ArrayLiteral tenants_;
    ArrayLiteral mails_;
    ArrayLiteral attempts_;
    ArrayLiteral dead_;
    ArrayLiteral after_;
    ArrayLiteral errors_;
    std::size_t count_ = 0;
};

class PgServerMailQueue final : public ports::ServerMailQueue {
public:
    explicit PgServerMailQueue(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<ports::MailClaim> claim(std::size_t limit, std::chrono::milliseconds lease) override
    {
        return pool_.run([&](Session& session) -> Result<ports::MailClaim> {
            Transaction transaction(session);
            ports::MailClaim claim;
            claim.expired = static_cast<std::size_t>(query(transaction.tx(), kExpire, kExpiredAtOnce).affected_rows());
            for (const auto& row : query(transaction.tx(), kClaim, limit, lease.count())) {
                ports::OwedMail owed;
                if (read(row, owed)) {
                    claim.mails.push_back(std::move(owed));
                } else {
                    observe::warn("a mail of a kind that this program does not know is left to a newer one");
                }
            }
            transaction.commit();
            std::ranges::sort(claim.mails, {}, &ports::OwedMail::owed_at);
            return claim;
        });
    }

    Result<Done> record(const std::vector<MailResult>& results) override
    {
        Columns sent;
        Columns kept;
        for (const auto& result : results) (result.state == MailResult::State::sent ? sent : kept).add(result);
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            if (!sent.empty()) query(transaction.tx(), kDelete, sent.take(false));
            if (!kept.empty()) query(transaction.tx(), kKeep, kept.take(true));
            transaction.commit();
            return Done{};
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::ServerMailQueue> make_server_mail_queue(const Sessions& sessions)
{
    return std::make_unique<PgServerMailQueue>(sessions);
}

}  // namespace winnow::pg
