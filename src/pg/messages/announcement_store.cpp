#include "winnow/ports/messages/announcement_store.hpp"

#include "pg/messages/announcement_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <memory>

namespace winnow::pg {
namespace {

using ports::SeenAnnouncement;

// The function asks whose transaction it is; the policy of announcement_targets asks once more.
constexpr auto kSeen = R"sql(
select a.*, r.read_at
  from tenant_announcements($3::uuid, $4::uuid, $5::int8) a
  left join announcement_reads r on r.tenant_id = $1 and r.user_id = $2 and r.announcement_id = a.announcement_id
 where a.for_all or exists (select from announcement_targets g
                             where g.tenant_id = $1 and g.announcement_id = a.announcement_id)
 order by a.announcement_id desc)sql";

constexpr auto kRead = R"sql(
insert into announcement_reads (tenant_id, user_id, announcement_id)
select $1::uuid, $2::uuid, a.announcement_id from tenant_announcements(null, $3::uuid, 1) a
 where a.for_all or exists (select from announcement_targets g
                             where g.tenant_id = $1::uuid and g.announcement_id = a.announcement_id)
    on conflict do nothing)sql";

SeenAnnouncement read_seen(const pqxx::row& row)
{
    return {.announcement = read_announcement(row), .read_at = optional_time_of(row["read_at"])};
}

class PgAnnouncementStore final : public ports::AnnouncementStore {
public:
    PgAnnouncementStore(pqxx::transaction_base& tx, TenantId tenant) : tx_(tx), tenant_(tenant) {}

    Result<std::vector<SeenAnnouncement>> page(UserId reader, std::optional<AnnouncementId> after,
                                               std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<SeenAnnouncement>> {
            std::vector<SeenAnnouncement> seen;
            for (const auto& row : query(tx_, kSeen, tenant_, reader, after, nullptr, limit)) {
                seen.push_back(read_seen(row));
            }
            return seen;
        });
    }

    Result<SeenAnnouncement> find(UserId reader, AnnouncementId id) override
    {
        return translated([&]() -> Result<SeenAnnouncement> {
            const auto rows = query(tx_, kSeen, tenant_, reader, nullptr, id, 1);
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such announcement");
            return read_seen(rows.front());
        });
    }

    Result<Done> mark_read(UserId reader, AnnouncementId id) override
    {
        return translated([&]() -> Result<Done> {
            query(tx_, kRead, tenant_, reader, id);
            return Done{};
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
};

}  // namespace

std::shared_ptr<ports::AnnouncementStore> make_announcement_store(pqxx::transaction_base& tx, TenantId tenant)
{
    return std::make_shared<PgAnnouncementStore>(tx, tenant);
}

}  // namespace winnow::pg
