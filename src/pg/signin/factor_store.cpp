#include "winnow/ports/signin/factor_store.hpp"

#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>
#include <stdexcept>

namespace winnow::pg {
namespace {

using ports::StoredPassword;
using ports::TotpFactor;

constexpr auto kPassword = R"sql(
select salt, tag, memory_kib, passes, pepper_id from user_passwords where tenant_id = $1 and user_id = $2)sql";

constexpr auto kSetPassword = R"sql(
insert into user_passwords (tenant_id, user_id, salt, tag, memory_kib, passes, pepper_id)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, user_id) do update
   set salt = excluded.salt, tag = excluded.tag, memory_kib = excluded.memory_kib, passes = excluded.passes,
       pepper_id = excluded.pepper_id, changed_at = now())sql";

constexpr auto kRenewPassword = R"sql(
update user_passwords set salt = $4, tag = $5, memory_kib = $6, passes = $7, pepper_id = $8
 where tenant_id = $1 and user_id = $2 and tag = $3)sql";

constexpr auto kTotp = R"sql(
select factor_id, user_id, state, sealed, last_step, created_at, used_at from user_factors
 where tenant_id = $1 and user_id = $2 and kind = 'totp' and state <> 'revoked' order by created_at, factor_id)sql";

constexpr auto kForgetPending = R"sql(
delete from user_factors where tenant_id = $1 and user_id = $2 and kind = 'totp' and state = 'pending')sql";

constexpr auto kAddTotp = R"sql(
insert into user_factors (tenant_id, factor_id, user_id, kind, state, sealed) values ($1, $2, $3, 'totp', $4, $5))sql";

constexpr auto kAddCode = R"sql(
insert into user_factors (tenant_id, factor_id, user_id, kind, state, code_hash)
values ($1, $2, $3, 'recovery', 'active', $4))sql";

// The row's lock lets one of two nodes through, and shows the other what that one stored.
constexpr auto kTakeStep = R"sql(
update user_factors set last_step = $3, used_at = now()
 where tenant_id = $1 and factor_id = $2 and kind = 'totp' and state <> 'revoked' and last_step < $3)sql";

constexpr auto kTakeCode = R"sql(
update user_factors set state = 'revoked', revoked_at = now(), used_at = now()
 where tenant_id = $1 and user_id = $2 and kind = 'recovery' and state = 'active' and code_hash = $3)sql";

TotpFactor read_factor(const pqxx::row& row)
{
    const auto state = signin::parse_factor_state(row["state"].c_str());
    if (!state) throw std::runtime_error("a row of user_factors cannot be read");
    TotpFactor factor;
    factor.id = id_of<FactorId>(row["factor_id"]);
    factor.user = id_of<UserId>(row["user_id"]);
    factor.state = *state;
    factor.sealed = bytes_of(row["sealed"]);
    factor.last_step = row["last_step"].as<std::int64_t>();
    factor.created_at = time_of(row["created_at"]);
    factor.used_at = optional_time_of(row["used_at"]);
    return factor;
}

class PgFactorStore final : public ports::FactorStore {
public:
    PgFactorStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::optional<StoredPassword>> password(UserId user) override
    {
        return translated([&]() -> Result<std::optional<StoredPassword>> {
            const auto rows = query(tx_, kPassword, tenant_, user);
            if (rows.empty()) return std::optional<StoredPassword>();
            const auto row = rows.front();
            return std::optional(StoredPassword{.salt = bytes_of(row[0]),
                                                .tag = bytes_of(row[1]),
                                                .memory_kib = row[2].as<std::uint32_t>(),
                                                .passes = row[3].as<std::uint32_t>(),
                                                .pepper_id = text_of(row[4])});
        });
    }

    Result<Done> set_password(UserId user, const StoredPassword& password) override
    {
        return written(kSetPassword, tenant_, user, Bytes{password.salt}, Bytes{password.tag}, password.memory_kib,
                       password.passes, password.pepper_id);
    }

    Result<Done> renew_password(UserId user, const StoredPassword& before, const StoredPassword& password) override
    {
        return written(kRenewPassword, tenant_, user, Bytes{before.tag}, Bytes{password.salt}, Bytes{password.tag},
                       password.memory_kib, password.passes, password.pepper_id);
    }

    Result<Done> note_sign_in(UserId user) override
    {
        return written("update user_passwords set signed_in_at = now() where tenant_id = $1 and user_id = $2", tenant_,
                       user);
    }

    Result<std::vector<TotpFactor>> totp(UserId user) override
    {
        return translated([&]() -> Result<std::vector<TotpFactor>> {
            std::vector<TotpFactor> factors;
            for (const auto& row : query(tx_, kTotp, tenant_, user)) factors.push_back(read_factor(row));
            return factors;
        });
    }

    Result<Done> add_totp(const TotpFactor& factor) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kForgetPending, tenant_, factor.user);
            query(tx_, kAddTotp, tenant_, factor.id, factor.user, to_string(factor.state), Bytes{factor.sealed});
            return Done{};
        });
    }

    Result<Done> activate(FactorId id) override
    {
        return written(
            "update user_factors set state = 'active' where tenant_id = $1 and factor_id = $2 and state = 'pending'",
            tenant_, id);
    }

    Result<Done> revoke(FactorId id) override
    {
        return written(
            "update user_factors set state = 'revoked', revoked_at = now()"
            " where tenant_id = $1 and factor_id = $2 and state <> 'revoked'",
            tenant_, id);
    }

    Result<bool> take_step(FactorId id, std::int64_t step) override
    {
        return translated(
            [&]() -> Result<bool> { return query(tx_, kTakeStep, tenant_, id, step).affected_rows() == 1; });
    }

    Result<Done> set_recovery_codes(UserId user, const std::vector<std::pair<FactorId, std::string>>& codes) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from user_factors where tenant_id = $1 and user_id = $2 and kind = 'recovery'", tenant_,
                  user);
            for (const auto& [id, hash] : codes) query(tx_, kAddCode, tenant_, id, user, Bytes{hash});
            return Done{};
        });
    }

    Result<bool> take_recovery_code(UserId user, const std::string& hash) override
    {
        return translated(
            [&]() -> Result<bool> { return query(tx_, kTakeCode, tenant_, user, Bytes{hash}).affected_rows() == 1; });
    }

    Result<std::size_t> recovery_codes_left(UserId user) override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_,
                         "select count(*) from user_factors where tenant_id = $1 and user_id = $2"
                         " and kind = 'recovery' and state = 'active'",
                         tenant_, user)[0][0]
                .as<std::size_t>();
        });
    }

    Result<std::size_t> revoke_all(UserId user) override
    {
        return translated([&]() -> Result<std::size_t> {
            query(tx_,
                  "delete from user_factors where tenant_id = $1 and user_id = $2"
                  " and (kind = 'recovery' or state = 'pending')",
                  tenant_, user);
            return static_cast<std::size_t>(query(tx_,
                                                  "update user_factors set state = 'revoked', revoked_at = now()"
                                                  " where tenant_id = $1 and user_id = $2 and state = 'active'",
                                                  tenant_, user)
                                                .affected_rows());
        });
    }

    Result<Done> forget(UserId user) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from user_factors where tenant_id = $1 and user_id = $2", tenant_, user);
            query(tx_, "delete from user_passwords where tenant_id = $1 and user_id = $2", tenant_, user);
            return Done{};
        });
    }

private:
    template <typename... Args>
    Result<Done> written(const char* statement, const Args&... args)
    {
        return translated([&]() -> Result<Done> {
            query(tx_, statement, args...);
            return Done{};
        });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::FactorStore> make_factor_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgFactorStore>(tx, tenant);
}

}  // namespace winnow::pg
