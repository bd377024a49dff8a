#include "winnow/pg/provider/provider_staff.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/support/support_ends.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/audit/acts.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/except>
#include <pqxx/nontransaction>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

using ports::StaffMember;
using ports::StaffSecrets;

constexpr auto kCreate = R"sql(
insert into provider_users (provider_user_id, email, name, role, state, enrolment_hash, enrolment_until)
values ($1, $2, $3, $4, 'invited', $5, now() + $6::int8 * interval '1 ms') returning *
)sql";

constexpr auto kPage = R"sql(
select * from provider_users where $1::uuid is null or provider_user_id > $1::uuid order by provider_user_id limit $2
)sql";

constexpr auto kReset = R"sql(
update provider_users
   set state = 'invited', salt = null, tag = null, memory_kib = null, passes = null, pepper_id = null,
       sealed_seed = null, last_step = -1, failures = 0, blocked_until = null, enrolment_hash = $2,
       enrolment_until = now() + $3::int8 * interval '1 ms'
 where provider_user_id = $1 returning *
)sql";

constexpr auto kDisable = R"sql(
update provider_users set state = 'disabled', enrolment_hash = null, enrolment_until = null
 where provider_user_id = $1 and state <> 'disabled' returning *
)sql";

constexpr auto kFind = "select * from provider_users where provider_user_id = $1";

constexpr auto kEndSessions =
    "update provider_sessions set ended_at = now() where provider_user_id = $1 and ended_at is null";

constexpr auto kByEnrolment = R"sql(
select *, false as blocked, now() as at from provider_users
 where enrolment_hash = $1 and enrolment_until > now() and state = 'invited'
)sql";

constexpr auto kChoose = R"sql(
update provider_users
   set salt = $2, tag = $3, memory_kib = $4, passes = $5, pepper_id = $6, sealed_seed = $7, last_step = -1
 where enrolment_hash = $1 and enrolment_until > now() and state = 'invited' returning *
)sql";

constexpr auto kActivate = R"sql(
update provider_users set state = 'active', last_step = $2, enrolment_hash = null, enrolment_until = null
 where enrolment_hash = $1 and enrolment_until > now() and state = 'invited' and tag is not null and last_step < $2
returning *
)sql";

constexpr auto kByEmail = R"sql(
select *, coalesce(blocked_until > now(), false) as blocked, now() as at from provider_users
 where lower(email) = lower($1) and state = 'active'
)sql";

constexpr auto kFailed = R"sql(
update provider_users
   set failures = case when window_at > now() - $2::int8 * interval '1 ms' then failures + 1 else 1 end,
       window_at = case when window_at > now() - $2::int8 * interval '1 ms' then window_at else now() end,
       blocked_until = case when window_at > now() - $2::int8 * interval '1 ms' and failures + 1 >= $3::int4
                            then now() + $2::int8 * interval '1 ms' else blocked_until end
 where provider_user_id = $1
)sql";

// One statement decides, so that no step counts twice.
constexpr auto kSignIn = R"sql(
update provider_users set last_step = $3, failures = 0, signed_in_at = now()
 where provider_user_id = $1 and state = 'active' and tag = $2 and last_step < $3
   and (blocked_until is null or blocked_until <= now())
returning *
)sql";
constexpr auto kBegin = R"sql(
insert into provider_sessions (session_id, provider_user_id, token_hash, expires_at)
values ($1, $2, $3, now() + $4::int8 * interval '1 ms')
)sql";

constexpr auto kSession = R"sql(
select s.session_id, s.last_seen_at < now() - interval '1 minute' as worth_noting, u.*
  from provider_sessions s join provider_users u on u.provider_user_id = s.provider_user_id
 where s.token_hash = $1 and s.ended_at is null and s.expires_at > now() and u.state = 'active'
   and s.last_seen_at > now() - $2::int8 * interval '1 ms'
)sql";
constexpr auto kNote = "update provider_sessions set last_seen_at = now() where session_id = $1 and ended_at is null";
constexpr auto kEnd = "update provider_sessions set ended_at = now() where session_id = $1 and ended_at is null";

StaffMember read_member(const pqxx::row& row)
{
    return {.id = id_of<StaffId>(row["provider_user_id"]),
            .email = text_of(row["email"]),
            .name = text_of(row["name"]),
            .role = text_of(row["role"]),
            .state = text_of(row["state"]),
            .created_at = time_of(row["created_at"]),
            .signed_in_at = optional_time_of(row["signed_in_at"])};
}

StaffSecrets read_secrets(const pqxx::row& row)
{
    StaffSecrets secrets;
    secrets.member = read_member(row);
    secrets.last_step = row["last_step"].as<std::int64_t>();
    secrets.blocked = row["blocked"].as<bool>();
    secrets.now = time_of(row["at"]);
    if (row["tag"].is_null()) return secrets;
    ports::StoredPassword password;
    password.salt = bytes_of(row["salt"]);
    password.tag = bytes_of(row["tag"]);
    password.memory_kib = row["memory_kib"].as<decltype(password.memory_kib)>();
    password.passes = row["passes"].as<decltype(password.passes)>();
    password.pepper_id = text_of(row["pepper_id"]);
    secrets.password = std::move(password);
    secrets.sealed_seed = bytes_of(row["sealed_seed"]);
    return secrets;
}

Error not_there()
{
    return {ErrorCode::not_found, "there is nobody of the staff with that id"};
}

/// The last of a transaction.
void record(pqxx::transaction_base& tx, StaffId id, std::string_view act, const ports::ProviderRequest& by,
            nlohmann::json what = nlohmann::json::object())
{
    append_providers(tx, act_of("staff:" + id.str(), act, by, std::move(what)));
}

class PgProviderStaff final : public ports::ProviderStaff {
public:
    explicit PgProviderStaff(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<StaffMember> create(const StaffMember& member, const std::string& enrolment_hash,
                               const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<StaffMember> {
            try {
                Transaction transaction(session);
                auto& tx = transaction.tx();
                auto made = read_member(query(tx, kCreate, member.id, member.email, member.name, member.role,
                                              Bytes{enrolment_hash}, ports::kStaffEnrolmentLife.count())
                                            .front());
                record(tx, made.id, "staff.create", by,
                       {{"staff", {{"email", made.email}, {"name", made.name}, {"role", made.role}}}});
                transaction.commit();
                return made;
            } catch (const pqxx::sql_error& failure) {
                if (!violates(failure, "provider_users_email")) throw;
                return Error(ErrorCode::conflict, "another one of the staff has this address");
            }
        });
    }

    Result<std::vector<StaffMember>> page(std::optional<StaffId> after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<StaffMember>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<StaffMember> page;
            for (const auto& row : query(tx, kPage, after, limit)) page.push_back(read_member(row));
            return page;
        });
    }

    Result<StaffMember> reset(StaffId id, const std::string& enrolment_hash, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<StaffMember> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto rows = query(tx, kReset, id, Bytes{enrolment_hash}, ports::kStaffEnrolmentLife.count());
            if (rows.empty()) return not_there();
            query(tx, kEndSessions, id);
            end_grants_of(tx, id, by);
            record(tx, id, "staff.reset", by);
            transaction.commit();
            return read_member(rows.front());
        });
    }

    Result<StaffMember> disable(StaffId id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<StaffMember> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto rows = query(tx, kDisable, id);
            if (rows.empty()) {
                if (query(tx, kFind, id).empty()) return not_there();
                return Error(ErrorCode::conflict, "is disabled already");
            }
            query(tx, kEndSessions, id);
            end_grants_of(tx, id, by);
            record(tx, id, "staff.disable", by);
            transaction.commit();
            return read_member(rows.front());
        });
    }

    Result<std::optional<StaffSecrets>> by_enrolment(const std::string& hash) override
    {
        return secrets(kByEnrolment, Bytes{hash});
    }

    Result<bool> choose(const std::string& hash, const ports::StoredPassword& password, const std::string& sealed_seed,
                        const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto rows = query(tx, kChoose, Bytes{hash}, Bytes{password.salt}, Bytes{password.tag},
                                    password.memory_kib, password.passes, password.pepper_id, Bytes{sealed_seed});
            if (rows.empty()) return false;
            record(tx, id_of<StaffId>(rows.front()["provider_user_id"]), "staff.enrol", by);
            transaction.commit();
            return true;
        });
    }

    Result<bool> activate(const std::string& hash, std::int64_t step, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto rows = query(tx, kActivate, Bytes{hash}, step);
            if (rows.empty()) return false;
            record(tx, id_of<StaffId>(rows.front()["provider_user_id"]), "staff.activate", by);
            transaction.commit();
            return true;
        });
    }

    Result<std::optional<StaffSecrets>> by_email(const std::string& email) override { return secrets(kByEmail, email); }

    Result<Done> failed(StaffId id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            query(tx, kFailed, id, ports::kStaffWindow.count(), ports::kStaffFailures);
            record(tx, id, audit::kStaffSignInFailed, by);
            transaction.commit();
            return Done{};
        });
    }

    Result<bool> sign_in(StaffId id, const std::string& tag, std::int64_t step, SessionId session_id,
                         const std::string& token_hash, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            if (query(tx, kSignIn, id, Bytes{tag}, step).empty()) return false;
            query(tx, kBegin, session_id, id, Bytes{token_hash}, ports::kStaffSessionLife.count());
            record(tx, id, "staff.sign_in", by);
            transaction.commit();
            return true;
        });
    }

    Result<std::optional<ports::StaffSession>> find_session(const std::string& token_hash) override
    {
        return pool_.run([&](Session& session) -> Result<std::optional<ports::StaffSession>> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, kSession, Bytes{token_hash}, ports::kStaffSessionIdle.count());
            if (rows.empty()) return std::optional<ports::StaffSession>();
            const auto row = rows.front();
            const auto id = id_of<SessionId>(row["session_id"]);
            if (row["worth_noting"].as<bool>()) query(tx, kNote, id);
            return std::optional(ports::StaffSession{.id = id, .member = read_member(row)});
        });
    }

    Result<Done> sign_out(SessionId session_id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            query(tx, kEnd, session_id);
            append_providers(tx, act_of("session:" + session_id.str(), "staff.sign_out", by));
            transaction.commit();
            return Done{};
        });
    }

private:
    template <typename Key>
    Result<std::optional<StaffSecrets>> secrets(const char* statement, const Key& key) const
    {
        return pool_.run([&](Session& session) -> Result<std::optional<StaffSecrets>> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, statement, key);
            if (rows.empty()) return std::optional<StaffSecrets>();
            return std::optional(read_secrets(rows.front()));
        });
    }

    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::ProviderStaff> make_provider_staff(const Sessions& sessions)
{
    return std::make_unique<PgProviderStaff>(sessions);
}

}  // namespace winnow::pg
