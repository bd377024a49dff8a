#include "winnow/ports/tenants/management_group_store.hpp"

#include "pg/rows/array_literal.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace winnow::pg {
namespace {

using domain::ManagementGroup;

constexpr auto kPage = R"sql(
select g.*, array(select i.integration_id from integrations i
                   where i.tenant_id = g.tenant_id and i.management_group_id = g.management_group_id
                   order by i.integration_id) as integrations
  from management_groups g
 where g.tenant_id = $1 and ($2::uuid is null or g.management_group_id > $2::uuid)
   and ($3::uuid is null or g.management_group_id = $3::uuid)
 order by g.management_group_id limit $4)sql";

constexpr auto kInsert = R"sql(
insert into management_groups (tenant_id, management_group_id, name, labels, version, created_at, updated_at)
values ($1, $2, $3, $4::jsonb, $5, $6, $7))sql";

constexpr auto kUpdate = R"sql(
update management_groups set name = $3, labels = $4::jsonb, version = $5, updated_at = $6
 where tenant_id = $1 and management_group_id = $2)sql";

/// What an integration shows changes with its group.
constexpr auto kTakeOut = R"sql(
update integrations
   set management_group_id = null, version = version + 1, updated_at = date_trunc('milliseconds', now())
 where tenant_id = $1 and management_group_id = $2 and integration_id <> all($3::uuid[]))sql";

constexpr auto kPutIn = R"sql(
update integrations
   set management_group_id = $2, version = version + 1, updated_at = date_trunc('milliseconds', now())
 where tenant_id = $1 and integration_id = any($3::uuid[]) and management_group_id is distinct from $2::uuid)sql";

constexpr auto kInUse = R"sql(
select name from integrations where tenant_id = $1 and management_group_id = $2 order by name limit 1)sql";

constexpr auto kLeaveUsers = R"sql(
update users set management_group_ids = array_remove(management_group_ids, $2::uuid), version = version + 1
 where tenant_id = $1 and $2::uuid = any(management_group_ids))sql";

constexpr auto kLeaveKeys = R"sql(
update api_keys set management_group_ids = array_remove(management_group_ids, $2::uuid)
 where tenant_id = $1 and $2::uuid = any(management_group_ids))sql";

constexpr auto kSeen = R"sql(
select integration_id from integrations
 where tenant_id = $1 and (management_group_id is null or management_group_id = any($2::uuid[])))sql";

ManagementGroup read_group(const pqxx::row& row)
{
    ManagementGroup group;
    group.id = id_of<ManagementGroupId>(row["management_group_id"]);
    group.name = text_of(row["name"]);
    for (const auto& label : nlohmann::json::parse(text_of(row["labels"]))) {
        group.labels.emplace_back(label.at(0).get<std::string>(), label.at(1).get<std::string>());
    }
    group.integrations = ids_of<IntegrationId>(row["integrations"]);
    group.version = row["version"].as<std::int64_t>();
    group.created_at = time_of(row["created_at"]);
    group.updated_at = time_of(row["updated_at"]);
    return group;
}

std::string labels_of(const ManagementGroup& group)
{
    auto labels = nlohmann::json::array();
    for (const auto& [name, value] : group.labels) labels.push_back(nlohmann::json::array({name, value}));
    return labels.dump();
}

class PgManagementGroupStore final : public ports::ManagementGroupStore {
public:
    PgManagementGroupStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<bool> may_begin() override
    {
        return translated(
            [&]() -> Result<bool> { return query(tx_, "select begin_management_groups()")[0][0].as<bool>(); });
    }

    Result<std::vector<ManagementGroup>> page(std::optional<ManagementGroupId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ManagementGroup>> { return load(after, std::nullopt, limit); });
    }

    Result<ManagementGroup> find(ManagementGroupId id) override
    {
        return translated([&]() -> Result<ManagementGroup> {
            auto found = load(std::nullopt, id, 1);
            if (found.empty()) return Error(ErrorCode::not_found, "there is no such management group");
            return std::move(found.front());
        });
    }

    Result<std::size_t> count() override
    {
        return translated([&]() -> Result<std::size_t> {
            return query(tx_, "select count(*) from management_groups where tenant_id = $1", tenant_)[0][0]
                .as<std::size_t>();
        });
    }

    Result<Done> insert(const ManagementGroup& group) override
    {
        return unless_taken("management_groups_tenant_id_name_key", taken(group), [&] {
            query(tx_, kInsert, tenant_, group.id, group.name, labels_of(group), group.version, group.created_at,
                  group.updated_at);
            query(tx_, kPutIn, tenant_, group.id, array_of(group.integrations));
        });
    }

    Result<Done> update(const ManagementGroup& group) override
    {
        return unless_taken("management_groups_tenant_id_name_key", taken(group), [&] {
            query(tx_, kUpdate, tenant_, group.id, group.name, labels_of(group), group.version, group.updated_at);
            query(tx_, kTakeOut, tenant_, group.id, array_of(group.integrations));
            query(tx_, kPutIn, tenant_, group.id, array_of(group.integrations));
        });
    }

    Result<Done> remove(ManagementGroupId id) override
    {
        return translated([&]() -> Result<Done> {
            if (const auto use = query(tx_, kInUse, tenant_, id); !use.empty()) {
                return Error(ErrorCode::conflict, "the integration \"" + text_of(use[0][0]) +
                                                      "\" is in this management group; take it out first, and know "
                                                      "that everybody sees what is of no group");
            }
            query(tx_, kLeaveUsers, tenant_, id);
            query(tx_, kLeaveKeys, tenant_, id);
            query(tx_, "delete from management_groups where tenant_id = $1 and management_group_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<std::vector<ManagementGroupId>> existing(const std::vector<ManagementGroupId>& ids) override
    {
        return named<ManagementGroupId>(
            "select management_group_id from management_groups where tenant_id = $1 and "
            "management_group_id = any($2::uuid[])",
            ids);
    }

    Result<std::vector<IntegrationId>> known_integrations(const std::vector<IntegrationId>& ids) override
    {
        return named<IntegrationId>(
            "select integration_id from integrations where tenant_id = $1 and integration_id = any($2::uuid[])", ids);
    }

    Result<std::vector<IntegrationId>> seen_integrations(const access::Groups& groups) override
    {
        return translated([&]() -> Result<std::vector<IntegrationId>> {
            return all_of<IntegrationId>(query(tx_, kSeen, tenant_, narrowed_to(groups)));
        });
    }

private:
    static std::string taken(const ManagementGroup& group)
    {
        return "another management group is already called \"" + group.name + '"';
    }

    template <typename Id>
    static std::vector<Id> all_of(const pqxx::result& rows)
    {
        std::vector<Id> ids;
        for (const auto& row : rows) ids.push_back(id_of<Id>(row[0]));
        return ids;
    }

    template <typename Id>
    Result<std::vector<Id>> named(const char* sql, const std::vector<Id>& ids)
    {
        return translated(
            [&]() -> Result<std::vector<Id>> { return all_of<Id>(query(tx_, sql, tenant_, array_of(ids))); });
    }

    std::vector<ManagementGroup> load(std::optional<ManagementGroupId> after, std::optional<ManagementGroupId> only,
                                      std::size_t limit)
    {
        std::vector<ManagementGroup> groups;
        for (const auto& row : query(tx_, kPage, tenant_, after, only, limit)) groups.push_back(read_group(row));
        return groups;
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ManagementGroupStore> make_management_group_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgManagementGroupStore>(tx, tenant);
}

}  // namespace winnow::pg
