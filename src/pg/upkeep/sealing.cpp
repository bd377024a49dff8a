#include "pg/upkeep/sealing.hpp"

#include "pg/rows/values.hpp"
#include "winnow/domain/contact.hpp"

namespace winnow::pg {

namespace {

constexpr std::size_t kAtOnce = 100;

// Not those that a person is changing right now: what is written anew is sealed by who writes it. And no lock that a
// reference to a contact would wait for: who makes a group has changed the tenant's version before it refers to one,
// and this does it afterwards.
constexpr auto kWhole = R"sql(
select tenant_id, contact_id, url from contacts
 where type = 'webhook' and sealed_url = '' and url <> '' order by tenant_id, contact_id limit $1
   for no key update skip locked
)sql";

constexpr auto kSeal = R"sql(
update contacts set url = $3, sealed_url = $4 where tenant_id = $1 and contact_id = $2
)sql";

}  // namespace

ports::ChoreStep seal_urls(pqxx::transaction_base& tx, const SealUrl& seal)
{
    if (!query(tx, "select begin_sealing_urls()")[0][0].as<bool>()) return {};
    ports::ChoreStep done;
    for (const auto& row : query(tx, kWhole, kAtOnce)) {
        const auto tenant = id_of<TenantId>(row[0]);
        const auto contact = id_of<ContactId>(row[1]);
        const auto url = text_of(row[2]);
        query(tx, kSeal, tenant, contact, domain::base_of_url(url), Bytes{seal(tenant, contact, url)});
        ++done.rows;
    }
    done.more = done.rows == kAtOnce;
    return done;
}

}  // namespace winnow::pg
