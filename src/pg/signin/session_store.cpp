#include "winnow/ports/signin/session_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/signin/session_rows.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace winnow::pg {
namespace {

using ports::UserSession;
using signin::Ending;

constexpr auto kPolicy =
    "select mfa_policy, session_idle_ms, session_idle_viewer_ms from tenant_settings where tenant_id = $1";

constexpr auto kSetPolicy = R"sql(
update tenant_settings set mfa_policy = $2, session_idle_ms = $3, session_idle_viewer_ms = $4
 where tenant_id = $1)sql";

constexpr auto kBegin = R"sql(
insert into sessions (tenant_id, session_id, user_id, token_hash, state, amr, authenticated_at, created_at,
                      last_seen_at, expires_at, source, user_agent)
values ($1, $2, $3, $4, $5, $6::text[], $7, $8, $9, $10, $11, $12))sql";

constexpr auto kSessions = R"sql(
select session_id, user_id, state, array_to_string(amr, ' ') as amr, authenticated_at, created_at, last_seen_at,
       expires_at, source, user_agent
  from sessions
 where tenant_id = $1 and ($2::uuid is null or session_id = $2::uuid) and ($3::uuid is null or user_id = $3::uuid)
   and state <> 'ended' and ($2::uuid is not null or expires_at > now())
 order by created_at, session_id)sql";

constexpr auto kRotate = R"sql(
update sessions set token_hash = $3, state = $4, amr = $5::text[], authenticated_at = $6, last_seen_at = $7,
                    expires_at = $8
 where tenant_id = $1 and session_id = $2 and state <> 'ended')sql";

constexpr auto kEnd = R"sql(
update sessions set state = 'ended', ended_at = now(), ended_by = $3
 where tenant_id = $1 and session_id = $2 and state <> 'ended')sql";

constexpr auto kEndAll = R"sql(
update sessions set state = 'ended', ended_at = now(), ended_by = $4
 where tenant_id = $1 and ($2::uuid is null or user_id = $2::uuid) and session_id is distinct from $3::uuid
   and state <> 'ended')sql";

constexpr auto kEndWithoutFactor = R"sql(
update sessions set state = 'ended', ended_at = now(), ended_by = $3
 where tenant_id = $1 and ($2::uuid is null or user_id = $2::uuid) and state = 'active' and not 'mfa' = any(amr))sql";

std::string amr_literal(const std::vector<std::string>& amr)
{
    ArrayLiteral words;
    for (const auto& word : amr) words.add(word);
    return words.take();
}

UserSession read_session(const pqxx::row& row)
{
    const auto state = signin::parse_sign_in_state(row["state"].c_str());
    if (!state) throw std::runtime_error("a row of sessions cannot be read");
    UserSession session;
    session.id = id_of<SessionId>(row["session_id"]);
    session.user = id_of<UserId>(row["user_id"]);
    session.state = *state;
    session.amr = words_of(row["amr"]);
    session.authenticated_at = time_of(row["authenticated_at"]);
    session.created_at = time_of(row["created_at"]);
    session.last_seen_at = time_of(row["last_seen_at"]);
    session.expires_at = time_of(row["expires_at"]);
    session.source = text_of(row["source"]);
    session.user_agent = text_of(row["user_agent"]);
    return session;
}

class PgSessionStore final : public ports::SessionStore {
public:
    PgSessionStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<ports::SignInPolicy> policy() override
    {
        return translated([&]() -> Result<ports::SignInPolicy> {
            ports::SignInPolicy policy;
            const auto rows = query(tx_, kPolicy, tenant_);
            if (rows.empty()) return policy;
            const auto row = rows.front();
            const auto mfa = signin::parse_mfa_policy(row[0].c_str());
            if (!mfa) throw std::runtime_error("a tenant's policy cannot be read");
            policy.mfa = *mfa;
            policy.sessions.idle = std::chrono::milliseconds(row[1].as<std::int64_t>());
            if (!row[2].is_null()) policy.sessions.viewer_idle = std::chrono::milliseconds(row[2].as<std::int64_t>());
            return policy;
        });
    }

    Result<Done> set_policy(const ports::SignInPolicy& policy) override
    {
        return translated([&]() -> Result<Done> {
            std::optional<std::int64_t> viewers;
            if (policy.sessions.viewer_idle) viewers = policy.sessions.viewer_idle->count();
            query(tx_, kSetPolicy, tenant_, to_string(policy.mfa), policy.sessions.idle.count(), viewers);
            return Done{};
        });
    }

    Result<Done> begin(const UserSession& session, const std::string& token_hash) override
    {
        return translated([&]() -> Result<Done> {
            Arguments arguments;
            arguments.add(tenant_);
            arguments.add(session.id);
            arguments.add(session.user);
            arguments.add(Bytes{token_hash});
            arguments.add(to_string(session.state));
            arguments.add_literal(amr_literal(session.amr));
            arguments.add(session.authenticated_at);
            arguments.add(session.created_at);
            arguments.add(session.last_seen_at);
            arguments.add(session.expires_at);
            arguments.add(session.source);
            arguments.add(session.user_agent);
            query(tx_, kBegin, arguments);
            return Done{};
        });
    }

    Result<UserSession> find(SessionId id) override
    {
        return translated([&]() -> Result<UserSession> {
            const auto rows = query(tx_, kSessions, tenant_, id, nullptr);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such session");
            return read_session(rows.front());
        });
    }

    Result<std::vector<UserSession>> of_user(UserId user) override
    {
        return translated([&]() -> Result<std::vector<UserSession>> {
            std::vector<UserSession> sessions;
            for (const auto& row : query(tx_, kSessions, tenant_, nullptr, user)) {
                sessions.push_back(read_session(row));
            }
            return sessions;
        });
    }

    Result<Done> rotate(const UserSession& session, const std::string& token_hash) override
    {
        return translated([&]() -> Result<Done> {
            Arguments arguments;
            arguments.add(tenant_);
            arguments.add(session.id);
            arguments.add(Bytes{token_hash});
            arguments.add(to_string(session.state));
            arguments.add_literal(amr_literal(session.amr));
            arguments.add(session.authenticated_at);
            arguments.add(session.last_seen_at);
            arguments.add(session.expires_at);
            const auto changed = query(tx_, kRotate, arguments).affected_rows();
            if (changed == 0) return Error(ErrorCode::not_found, "there is no such session");
            return Done{};
        });
    }

    Result<Done> end(SessionId id, Ending by) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kEnd, tenant_, id, to_string(by));
            return Done{};
        });
    }

    Result<std::size_t> end_all(std::optional<UserId> user, std::optional<SessionId> but, Ending by) override
    {
        return translated([&]() -> Result<std::size_t> {
            return static_cast<std::size_t>(query(tx_, kEndAll, tenant_, user, but, to_string(by)).affected_rows());
        });
    }

    Result<std::size_t> end_without_factor(std::optional<UserId> user, Ending by) override
    {
        return translated([&]() -> Result<std::size_t> {
            const auto ended = query(tx_, kEndWithoutFactor, tenant_, user, to_string(by));
            return static_cast<std::size_t>(ended.affected_rows());
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::SessionStore> make_session_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgSessionStore>(tx, tenant);
}

}  // namespace winnow::pg
