#include "winnow/pg/provider/provider_announcements.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/messages/announcement_rows.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "pg/tenants/provider_acts.hpp"
#include "winnow/signin/mail_text.hpp"

#include <nlohmann/json.hpp>
#include <pqxx/nontransaction>

#include <optional>
#include <string>

namespace winnow::pg {

namespace {

using ports::PublishedAnnouncement;

constexpr auto kInsert = R"sql(
insert into announcements (announcement_id, kind, title, body, starts_at, ends_at, for_all)
values ($1, $2, $3, $4, $5, $6, $7)
)sql";

constexpr auto kTargets = R"sql(
insert into announcement_targets (tenant_id, announcement_id)
select t.tenant_id, $1::uuid from tenants t where t.tenant_id = any($2::uuid[]) and t.state <> 'erasing'
)sql";

// The tenants' own queues have their bound; whoever announces is the provider.
constexpr auto kOweMails = R"sql(
insert into server_mails (tenant_id, mail_id, kind, receiver, locale, about, happened_at, expires_at)
select a.tenant_id, gen_random_uuid(), $2::text, a.email, a.locale, $3::text, now(),
       now() + $4::int8 * interval '1 ms'
  from tenants t
 cross join lateral (select u.tenant_id, u.email, u.locale from users u
                      where u.tenant_id = t.tenant_id and u.role = 'admin' and u.state = 'active'
                      order by u.user_id limit $5::int8) a
 where t.state <> 'erasing'
   and ($6::bool or exists (select from announcement_targets g
                             where g.tenant_id = t.tenant_id and g.announcement_id = $1::uuid))
)sql";

constexpr auto kWithdraw =
    "update announcements set withdrawn_at = now() where announcement_id = $1 and withdrawn_at is null";

constexpr auto kPublished = R"sql(
select a.*,
       (select count(*) from announcement_reads r where r.announcement_id = a.announcement_id) as read_by,
       array(select g.tenant_id from announcement_targets g where g.announcement_id = a.announcement_id
              order by g.tenant_id) as tenants
  from announcements a
 where ($1::uuid is null or a.announcement_id < $1::uuid) and ($2::uuid is null or a.announcement_id = $2::uuid)
 order by a.announcement_id desc limit $3
)sql";

PublishedAnnouncement read_published(const pqxx::row& row)
{
    PublishedAnnouncement published{
        .announcement = read_announcement(row), .tenants = {}, .read_by = row["read_by"].as<std::int64_t>()};
    if (!row["for_all"].as<bool>()) published.tenants = ids_of<TenantId>(row["tenants"]);
    return published;
}

Result<PublishedAnnouncement> found(pqxx::transaction_base& tx, AnnouncementId id)
{
    const auto rows = query(tx, kPublished, nullptr, id, 1);
    if (rows.empty()) return Error(ErrorCode::not_found, "there is no such announcement");
    return read_published(rows.front());
}

/// What is told of it to who reads the provider's chain.
nlohmann::json told(const ports::NewAnnouncement& made)
{
    return {{"kind", to_string(made.announcement.kind)},
            {"title", made.announcement.title},
            {"tenants", made.tenants ? nlohmann::json(made.tenants->size()) : nlohmann::json("all")}};
}

class PgProviderAnnouncements final : public ports::ProviderAnnouncements {
public:
    explicit PgProviderAnnouncements(const Sessions& sessions) : pool_(sessions.of(Errand::control)) {}

    Result<PublishedAnnouncement> publish(const ports::NewAnnouncement& made, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<PublishedAnnouncement> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const auto& what = made.announcement;
            query(tx, kInsert, what.id, to_string(what.kind), what.title, what.text, what.starts_at, what.ends_at,
                  !made.tenants);
            if (made.tenants) {
                const auto targets = query(tx, kTargets, what.id, array_of(*made.tenants)).affected_rows();
                if (static_cast<std::size_t>(targets) != made.tenants->size()) {
                    return field_error("/tenant_ids", "one of these tenants is not there");
                }
            }
            const auto mail = signin::mail_of(what.kind);
            query(tx, kOweMails, what.id, to_string(mail), what.title, signin::worth_sending_for(mail).count(),
                  ports::kMostAnnouncementMails, !made.tenants);
            auto published = found(tx, what.id);
            append_providers(tx, act_of("announcement:" + what.id.str(), "announcement.publish", by, told(made)));
            transaction.commit();
            return published;
        });
    }

    Result<PublishedAnnouncement> withdraw(AnnouncementId id, const ports::ProviderRequest& by) override
    {
        return pool_.run([&](Session& session) -> Result<PublishedAnnouncement> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            const bool changed = query(tx, kWithdraw, id).affected_rows() > 0;
            auto withdrawn = found(tx, id);
            if (!withdrawn) return withdrawn;
            if (!changed) return Error(ErrorCode::conflict, "the announcement was withdrawn before");
            append_providers(tx, act_of("announcement:" + id.str(), "announcement.withdraw", by));
            transaction.commit();
            return withdrawn;
        });
    }

    Result<PublishedAnnouncement> find(AnnouncementId id) override
    {
        return pool_.run([&](Session& session) {
            pqxx::nontransaction tx(session.connection());
            return found(tx, id);
        });
    }

    Result<std::vector<PublishedAnnouncement>> page(std::optional<AnnouncementId> after, std::size_t limit) override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<PublishedAnnouncement>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<PublishedAnnouncement> page;
            for (const auto& row : query(tx, kPublished, after, nullptr, limit)) page.push_back(read_published(row));
            return page;
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::ProviderAnnouncements> make_provider_announcements(const Sessions& sessions)
{
    return std::make_unique<PgProviderAnnouncements>(sessions);
}

}  // namespace winnow::pg
