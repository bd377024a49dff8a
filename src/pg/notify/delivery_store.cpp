#include "winnow/ports/delivery_store.hpp"

#include "pg/notify/message.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/narrowing.hpp"
#include "pg/rows/sql_word.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/sql_errors.hpp"

#include <string>
#include <utility>

namespace winnow::pg {
namespace {

using domain::Delivery;
using domain::DeliveryState;

const std::string kColumns =
    "t.delivery_id, t.ticket_id, t.event_seq, t.event_kind, t.contact_id, t.state, t.attempts, t.created_at, "
    "t.next_attempt_at, t.finished_at, t.last_error, t.last_status, t.superseded_by";
constexpr auto kMicroseconds = ", (extract(epoch from t.created_at) * 1000000)::bigint as created_us";

const auto kPage = R"sql(
  from deliveries t
 where t.tenant_id = $1
   and ($2::text[] is null or t.state = any($2::text[]))
   and ($3::uuid is null or t.ticket_id = $3::uuid)
   and ($4::uuid is null or t.contact_id = $4::uuid)
   and )sql" + of_seen_ticket_sql("t", 5) +
                   "\n";
constexpr auto kAfter = R"sql(
   and (t.created_at, t.delivery_id) < (timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7::uuid)
)sql";
constexpr auto kNewestFirst = " order by t.created_at desc, t.delivery_id desc limit ";

constexpr auto kMessage = ", " WINNOW_MESSAGE_OF("t") " as payload";

const auto kFind = "select " + kColumns + kMessage +
                   " from deliveries t where t.tenant_id = $1 and t.delivery_id = $2 and " + of_seen_ticket_sql("t", 3);

const auto kOfEvents = "select " + kColumns +
                       " from deliveries t where t.tenant_id = $1 and t.ticket_id = $2 and t.event_seq = any($3::int[])"
                       " order by t.event_seq, t.created_at, t.delivery_id limit $4::bigint";

// What a later message has followed would be the last word, and a wrong one.
const auto kFollowed = R"sql(
select d.event_seq, d.event_kind
  from deliveries t
  join deliveries d on d.tenant_id = t.tenant_id and d.ticket_id = t.ticket_id and d.contact_id = t.contact_id
                   and d.event_seq > t.event_seq
 where t.tenant_id = $1 and t.delivery_id = $2 and t.state = )sql" +
                       sql_word(DeliveryState::dead) + R"sql( and d.state <> )sql" +
                       sql_word(DeliveryState::cancelled) + R"sql(
 order by d.event_seq desc limit 1
)sql";

const auto kRetry = R"sql(
update deliveries t
   set state = )sql" +
                    sql_word(DeliveryState::pending) + R"sql(, next_attempt_at = now(), finished_at = null
 where t.tenant_id = $1 and t.delivery_id = $2 and t.state in )sql" +
                    sql_words({DeliveryState::dead, DeliveryState::pending}) + R"sql(
returning )sql" + kColumns +
                    kMessage;

Delivery read_delivery(const pqxx::row& row)
{
    Delivery delivery;
    delivery.id = id_of<DeliveryId>(row["delivery_id"]);
    delivery.ticket_id = id_of<TicketId>(row["ticket_id"]);
    delivery.event_seq = row["event_seq"].as<std::int32_t>();
    delivery.event_kind = row["event_kind"].c_str();
    delivery.contact_id = id_of<ContactId>(row["contact_id"]);
    delivery.state = domain::parse_delivery_state(row["state"].c_str()).value_or(DeliveryState::pending);
    delivery.attempts = row["attempts"].as<std::int32_t>();
    delivery.created_at = time_of(row["created_at"]);
    delivery.next_attempt_at = time_of(row["next_attempt_at"]);
    delivery.finished_at = optional_time_of(row["finished_at"]);
    delivery.last_error = row["last_error"].c_str();
    delivery.last_status = row["last_status"].as<std::int32_t>();
    delivery.superseded_by = optional_id_of<DeliveryId>(row["superseded_by"]);
    return delivery;
}

Delivery read_whole_delivery(const pqxx::row& row)
{
    auto delivery = read_delivery(row);
    delivery.payload = row["payload"].c_str();
    return delivery;
}

class PgDeliveryStore final : public ports::DeliveryStore {
public:
    PgDeliveryStore(pqxx::transaction_base& tx, TenantId tenant, access::Groups groups)
        : tx_(tx), tenant_(tenant), groups_(std::move(groups))
    {
    }

    Result<std::vector<ports::ListedDelivery>> page(const ports::DeliveryFilter& filter,
                                                    const std::optional<ports::DeliveryCursor>& after,
                                                    std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<ports::ListedDelivery>> {
            Arguments parameters;
            parameters.add(tenant_);
            std::vector<std::string_view> states;
            for (const auto state : filter.states) states.push_back(to_string(state));
            parameters.add(states.empty() ? std::nullopt : std::optional(array_of(states)));
            parameters.add(filter.ticket_id);
            parameters.add(filter.contact_id);
            parameters.add(narrowed_to(groups_));
            if (after) {
                parameters.add(after->created_us);
                parameters.add(after->id);
            }
            parameters.add(limit);
            const auto sql = "select " + kColumns + kMicroseconds + kPage + (after ? kAfter : "") + kNewestFirst +
                             (after ? "$8::bigint" : "$6::bigint");
            std::vector<ports::ListedDelivery> found;
            for (const auto& row : query(tx_, sql.c_str(), parameters)) {
                auto delivery = read_delivery(row);
                const ports::DeliveryCursor place{.created_us = row["created_us"].as<std::int64_t>(),
                                                  .id = delivery.id};
                found.push_back({.delivery = std::move(delivery), .place = place});
            }
            return found;
        });
    }

    Result<Delivery> find(DeliveryId id) override
    {
        return translated([&]() -> Result<Delivery> {
            const auto rows = query(tx_, kFind.c_str(), tenant_, id, narrowed_to(groups_));
            if (rows.empty()) return Error(ErrorCode::not_found, "there is no such delivery");
            return read_whole_delivery(rows.front());
        });
    }

    Result<std::vector<Delivery>> of_events(TicketId ticket, const std::vector<std::int32_t>& event_seqs,
                                            std::size_t limit) override
    {
        return translated([&]() -> Result<std::vector<Delivery>> {
            const auto rows = query(tx_, kOfEvents.c_str(), tenant_, ticket, array_of(event_seqs), limit);
            std::vector<Delivery> deliveries;
            for (const auto& row : rows) deliveries.push_back(read_delivery(row));
            return deliveries;
        });
    }

    Result<Delivery> retry(DeliveryId id) override
    {
        auto current = find(id);
        if (!current) return current;
        return translated([&]() -> Result<Delivery> {
            if (const auto later = query(tx_, kFollowed.c_str(), tenant_, id); !later.empty()) {
                return Error(ErrorCode::conflict,
                             "a later message about the same ticket was owed to this contact (event " +
                                 text_of(later[0][0]) + ", " + text_of(later[0][1]) +
                                 "); retry that one: this one would be the last word");
            }
            const auto rows = query(tx_, kRetry.c_str(), tenant_, id);
            if (rows.empty()) {
                return Error(ErrorCode::conflict, "a delivery that is '" + std::string(to_string(current->state)) +
                                                      "' cannot be retried; only dead and pending ones can");
            }
            return read_whole_delivery(rows.front());
        });
    }

private:
    pqxx::transaction_base& tx_;
    TenantId tenant_;
    access::Groups groups_;
};

}  // namespace

std::shared_ptr<ports::DeliveryStore> make_delivery_store(pqxx::transaction_base& tx, TenantId tenant,
                                                          access::Groups groups)
{
    return std::make_shared<PgDeliveryStore>(tx, tenant, std::move(groups));
}

}  // namespace winnow::pg
