#include "winnow/ports/contact_store.hpp"

#include "pg/notify/contact_rows.hpp"
#include "pg/notify/contact_settings.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/unique_write.hpp"
#include "winnow/forms/action_form.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Contact;
using domain::ContactGroup;

constexpr std::size_t kMaxNamedUsers = 10;

// A webhook's URL is stored in the clear ($6) as long as a program may be at work that knows no sealed ones, and sealed
// ($5) from then on (pg/upkeep/sealing.hpp).
constexpr auto kInsertContact = R"sql(
insert into contacts (tenant_id, contact_id, name, type, settings, enabled, version, created_at, updated_at)
values ($1, $2, $3, $4::text, case when $4::text <> 'webhook' or urls_are_sealed() then $5::jsonb else $6::jsonb end,
        $7, $8, $9, $9))sql";

constexpr auto kUpdateContact = R"sql(
update contacts set name = $3, type = $4::text,
                    settings = case when $4::text <> 'webhook' or urls_are_sealed() then $5::jsonb else $6::jsonb end,
                    enabled = $7, version = $8, updated_at = $9
 where tenant_id = $1 and contact_id = $2)sql";

constexpr auto kGroups = R"sql(
select g.contact_group_id, g.name, g.version, g.updated_at,
       array(select m.contact_id from contact_group_members m
              where m.tenant_id = g.tenant_id and m.contact_group_id = g.contact_group_id
              order by m.ordinal) as members
  from contact_groups g
 where g.tenant_id = $1 and ($2::uuid is null or g.contact_group_id > $2::uuid)
   and ($3::uuid is null or g.contact_group_id = $3::uuid)
 order by g.contact_group_id limit $4)sql";

constexpr auto kInsertMembers = R"sql(
insert into contact_group_members (tenant_id, contact_group_id, contact_id, ordinal)
select $1::uuid, $2::uuid, m.contact_id, m.ordinal from unnest($3::uuid[]) with ordinality as m(contact_id, ordinal))sql";

/// What a group shows changes with its members.
constexpr auto kLeaveGroups = R"sql(
with left_one as (
    delete from contact_group_members where tenant_id = $1 and contact_id = $2 returning contact_group_id
)
update contact_groups g set version = g.version + 1, updated_at = date_trunc('milliseconds', now())
 where g.tenant_id = $1 and g.contact_group_id in (select contact_group_id from left_one))sql";

constexpr auto kRoutingRules = R"sql(
select rule_id, name from rules where tenant_id = $1 and actions @> $2::jsonb order by position limit $3)sql";

ContactGroup read_group(const pqxx::row& row)
{
    ContactGroup group;
    group.id = id_of<ContactGroupId>(row["contact_group_id"]);
    group.name = text_of(row["name"]);
    group.contact_ids = ids_of<ContactId>(row["members"]);
    group.version = row["version"].as<std::int64_t>();
    group.updated_at = time_of(row["updated_at"]);
    return group;
}

class PgContactStore final : public ports::ContactStore {
public:
    PgContactStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<Contact>> page(std::optional<ContactId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Contact>> {
            std::vector<Contact> contacts;
            const auto rows = query(tx_,
                                    "select * from contacts where tenant_id = $1"
                                    " and ($2::uuid is null or contact_id > $2::uuid) order by contact_id limit $3",
                                    tenant_, after, limit);
            for (const auto& row : rows) contacts.push_back(read_contact(row));
            return contacts;
        });
    }

    Result<Contact> find(ContactId id) override
    {
        return translated([&]() -> Result<Contact> {
            const auto rows =
                query(tx_, "select * from contacts where tenant_id = $1 and contact_id = $2", tenant_, id);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such contact");
            return read_contact(rows.front());
        });
    }

    Result<std::vector<std::pair<ContactId, std::string>>> names(const std::vector<ContactId>& ids) override
    {
        return translated([&]() -> Result<std::vector<std::pair<ContactId, std::string>>> {
            std::vector<std::pair<ContactId, std::string>> names;
            const auto rows = query(
                tx_, "select contact_id, name from contacts where tenant_id = $1 and contact_id = any($2::uuid[])",
                tenant_, array_of(ids));
            for (const auto& row : rows) names.emplace_back(id_of<ContactId>(row[0]), text_of(row[1]));
            return names;
        });
    }

    Result<std::size_t> count() override { return counted("select count(*) from contacts where tenant_id = $1"); }

    Result<Done> insert(const Contact& contact) override { return write(kInsertContact, contact); }
    Result<Done> update(const Contact& contact) override { return write(kUpdateContact, contact); }

    Result<Done> remove(ContactId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kLeaveGroups, tenant_, id);
            query(tx_, "delete from contacts where tenant_id = $1 and contact_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<std::vector<ContactId>> existing(const std::vector<ContactId>& ids) override
    {
        return translated([&]() -> Result<std::vector<ContactId>> {
            std::vector<ContactId> found;
            const auto rows =
                query(tx_, "select contact_id from contacts where tenant_id = $1 and contact_id = any($2::uuid[])",
                      tenant_, array_of(ids));
            for (const auto& row : rows) found.push_back(id_of<ContactId>(row[0]));
            return found;
        });
    }

    Result<std::vector<ContactGroup>> page_groups(std::optional<ContactGroupId> after, std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ContactGroup>> {
            std::vector<ContactGroup> groups;
            for (const auto& row : query(tx_, kGroups, tenant_, after, nullptr, limit)) {
                groups.push_back(read_group(row));
            }
            return groups;
        });
    }

    Result<ContactGroup> find_group(ContactGroupId id) override
    {
        return translated([&]() -> Result<ContactGroup> {
            const auto rows = query(tx_, kGroups, tenant_, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such contact group");
            return read_group(rows.front());
        });
    }

    Result<Done> insert_group(const ContactGroup& group) override
    {
        return unless_taken("contact_groups_tenant_id_name_key", taken_group(group), [&] {
            query(tx_,
                  "insert into contact_groups (tenant_id, contact_group_id, name, version, created_at, updated_at)"
                  " values ($1, $2, $3, $4, $5, $5)",
                  tenant_, group.id, group.name, group.version, group.updated_at);
            insert_members(group);
        });
    }

    Result<Done> update_group(const ContactGroup& group) override
    {
        return unless_taken("contact_groups_tenant_id_name_key", taken_group(group), [&] {
            query(tx_,
                  "update contact_groups set name = $3, version = $4, updated_at = $5"
                  " where tenant_id = $1 and contact_group_id = $2",
                  tenant_, group.id, group.name, group.version, group.updated_at);
            query(tx_, "delete from contact_group_members where tenant_id = $1 and contact_group_id = $2", tenant_,
                  group.id);
            insert_members(group);
        });
    }

    Result<Done> remove_group(ContactGroupId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, "delete from contact_groups where tenant_id = $1 and contact_group_id = $2", tenant_, id);
            return Done{};
        });
    }

    Result<std::vector<ContactGroupId>> existing_groups(const std::vector<ContactGroupId>& ids) override
    {
        return translated([&]() -> Result<std::vector<ContactGroupId>> {
            std::vector<ContactGroupId> found;
            const auto rows = query(tx_,
                                    "select contact_group_id from contact_groups"
                                    " where tenant_id = $1 and contact_group_id = any($2::uuid[])",
                                    tenant_, array_of(ids));
            for (const auto& row : rows) found.push_back(id_of<ContactGroupId>(row[0]));
            return found;
        });
    }

    Result<ports::GroupUse> use_of_group(ContactGroupId id) override
    {
        return translated([&]() -> Result<ports::GroupUse> {
            ports::GroupUse use;
            const auto route = forms::actions_json({domain::RouteAction{.contact_group_ids = {id}}});
            const auto rows = query(tx_, kRoutingRules, tenant_, route.dump(), kMaxNamedUsers);
            for (const auto& row : rows) use.rules.emplace_back(id_of<RuleId>(row[0]), text_of(row[1]));
            use.default_route =
                !query(tx_, "select 1 from default_route where tenant_id = $1 and contact_group_id = $2", tenant_, id)
                     .empty();
            return use;
        });
    }

private:
    static std::string taken_group(const ContactGroup& group)
    {
        return "another contact group is already called \"" + group.name + '"';
    }

    Result<Done> write(const char* statement, const Contact& contact)
    {
        return unless_taken(
            "contacts_tenant_id_name_key", "another contact is already called \"" + contact.name + '"', [&] {
                query(tx_, statement, tenant_, contact.id, contact.name, contact.type,
                      settings_json(contact.settings, UrlsAre::sealed), settings_json(contact.settings, UrlsAre::clear),
                      contact.enabled, contact.version, contact.updated_at);
            });
    }

    void insert_members(const ContactGroup& group)
    {
        query(tx_, kInsertMembers, tenant_, group.id, array_of(group.contact_ids));
    }

    Result<std::size_t> counted(const char* statement)
    {
        return translated(
            [&]() -> Result<std::size_t> { return query(tx_, statement, tenant_).front()[0].as<std::size_t>(); });
    }

    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::ContactStore> make_contact_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgContactStore>(tx, tenant);
}

}  // namespace winnow::pg
