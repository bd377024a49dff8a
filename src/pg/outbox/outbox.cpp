#include "winnow/pg/outbox.hpp"

#include "pg/outbox/claim.hpp"
#include "pg/outbox/next_delivery.hpp"
#include "pg/outbox/record.hpp"
#include "pg/outbox/timeline.hpp"
#include "pg/rows/delivery_states.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/sql_errors.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/observe/log.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace winnow::pg {

namespace {

using ports::AttemptResult;

constexpr std::size_t kTicketsAtOnce = 1'000;  // whose timelines are written in one go
constexpr std::size_t kMostUncalled = 10'000;  // the others wait until their chain's last lease would have ended

constexpr auto kIsDue = "select coalesce(" WINNOW_NEXT_DELIVERY " <= now(), false)";

// A node's name is its process's own, so a node whose latest stream was taken over is gone. What is being recorded
// right now is passed over.
const auto kFreeLeases = R"sql(
with lost as materialized (
    select d.tenant_id, d.delivery_id
      from journal_streams s
      join deliveries d on d.lease_node = s.node
     where s.stream = $1 and s.node <> $2
       and not exists (select from journal_streams l where l.node = s.node and l.stream > s.stream)
       and d.state = )sql" +
                         sql_word(domain::DeliveryState::sending) + R"sql( and d.lease_until > now()
     order by d.tenant_id, d.delivery_id
       for update of d skip locked
)
update deliveries d set lease_until = now()
  from lost l
 where d.tenant_id = l.tenant_id and d.delivery_id = l.delivery_id
)sql";

class PgOutbox final : public ports::Outbox {
public:
    explicit PgOutbox(const Sessions& sessions)
        : pool_(sessions.of(Errand::delivery)), takeover_(sessions.of(Errand::takeover))
    {
    }

    Result<ports::Claim> claim(const std::string& node, const ports::ClaimShare& share,
                               std::chrono::milliseconds lease) override
    {
        return pool_.run([&](Session& session) -> Result<ports::Claim> {
            Transaction transaction(session);
            auto places = this->places();
            auto claim = claim_due(transaction.tx(), node, share, lease, places);
            transaction.commit();
            go_on_from(std::move(places));
            std::ranges::sort(claim.deliveries, {}, [](const auto& c) { return c.delivery.next_attempt_at; });
            return claim;
        });
    }

    Result<std::size_t> free_leases(domain::StreamId stream, const std::string& own) override
    {
        return takeover_.run([&](Session& session) -> Result<std::size_t> {
            pqxx::nontransaction tx(session.connection());
            return static_cast<std::size_t>(query(tx, kFreeLeases.c_str(), stream, own).affected_rows());
        });
    }

    Result<ports::Recorded> record(const std::vector<AttemptResult>& results) override
    {
        if (results.empty()) return ports::Recorded{};
        return pool_.run([&](Session& session) -> Result<ports::Recorded> {
            Transaction transaction(session);
            auto stored = store_results(transaction.tx(), results);
            std::vector<ChainPlace> uncalled;
            if (!stored.chains.empty()) uncalled = call_next(transaction.tx(), stored.chains);
            transaction.commit();
            stored.recorded.owes = stored.recorded.owes || !uncalled.empty();
            call_later(uncalled);
            return std::move(stored.recorded);
        });
    }

    Result<bool> settle() override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            call_left_ones(session);
            const auto tickets = owing(session, settled_to());
            write(session, tickets);
            const bool left = is_anything_left(session, tickets);
            const bool more = left && tickets.size() == kTicketsAtOnce;
            settle_from(more ? tickets.back() : OwingTicket());
            return left;
        });
    }

    Result<bool> is_due() override
    {
        return pool_.run([&](Session& session) -> Result<bool> {
            pqxx::nontransaction tx(session.connection());
            return tx.exec(kIsDue)[0][0].as<bool>();
        });
    }

private:
    /// What the calls of recorded chains found held by others.
    void call_left_ones(Session& session)
    {
        std::vector<ChainPlace> chains;
        {
            const std::lock_guard lock(mutex_);
            chains.swap(uncalled_);
        }
        if (chains.empty()) return;
        Transaction transaction(session);
        const auto left = call_next(transaction.tx(), chains);
        transaction.commit();
        call_later(left);
    }

    static std::vector<OwingTicket> owing(Session& session, const OwingTicket& after)
    {
        pqxx::nontransaction tx(session.connection());
        return owing_tickets(tx, after, kTicketsAtOnce);
    }

    /// What PostgreSQL refuses is found by halves: one ticket's trouble is its own.
    static void write(Session& session, std::span<const OwingTicket> tickets)
    {
        if (tickets.empty()) return;
        try {
            Transaction transaction(session);
            // Lost in a crash, it is done again.
            transaction.tx().exec("set local synchronous_commit = off");
            write_timelines(transaction.tx(), tickets);
            return transaction.commit();
        } catch (const std::exception& failure) {
            const auto error = to_error(failure);
            if (error.code() != ErrorCode::internal && error.code() != ErrorCode::conflict) throw;
            if (tickets.size() == 1) {
                return observe::error("a ticket's timeline cannot be told of a delivery",
                                      {{"ticket", tickets[0].second.str()}, {"reason", error.message()}});
            }
        }
        const auto half = tickets.size() / 2;
        write(session, tickets.first(half));
        write(session, tickets.subspan(half));
    }

    bool is_anything_left(Session& session, std::span<const OwingTicket> tickets) const
    {
        pqxx::nontransaction tx(session.connection());
        const auto owes = [&] {
            return tx.exec("select exists (select from owed_events)")[0][0].as<bool>();
        };
        bool left = owes();
        if (left && !tickets.empty()) {
            forget_gone(tx, tickets);
            left = owes();
        }
        const std::lock_guard lock(mutex_);
        return left || !uncalled_.empty();
    }

    void call_later(const std::vector<ChainPlace>& chains)
    {
        const std::lock_guard lock(mutex_);
        const auto room = kMostUncalled - std::min(kMostUncalled, uncalled_.size());
        std::ranges::copy(chains | std::views::take(room), std::back_inserter(uncalled_));
    }
    OwingTicket settled_to() const
    {
        const std::lock_guard lock(mutex_);
        return settled_to_;
    }
    void settle_from(const OwingTicket& ticket)
    {
        const std::lock_guard lock(mutex_);
        settled_to_ = ticket;
    }

    Places places() const
    {
        const std::lock_guard lock(mutex_);
        return places_;
    }
    void go_on_from(Places places)
    {
        const std::lock_guard lock(mutex_);
        places_ = std::move(places);
    }

    const Sessions pool_;  ///< Of the one thread that claims and records.
    const Sessions takeover_;
    mutable std::mutex mutex_;
    Places places_;                     // guarded by mutex_, as what follows
    std::vector<ChainPlace> uncalled_;  ///< Whose next message was held by somebody else.
    OwingTicket settled_to_;            ///< Where the next settle() goes on.
};

}  // namespace

std::unique_ptr<ports::Outbox> make_outbox(const Sessions& sessions)
{
    return std::make_unique<PgOutbox>(sessions);
}

}  // namespace winnow::pg
