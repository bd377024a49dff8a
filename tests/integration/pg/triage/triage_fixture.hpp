#pragma once

/// @file
/// Folds by hand, for the store beneath them.

#include "integration/pg/fixture.hpp"
#include "integration/pg/triage/by_hand.hpp"
#include "winnow/pg/triage_store.hpp"

#include <memory>
#include <utility>

namespace winnow::pg {

class TriageFixture : public PgTest {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(streams_->maintain_partitions());
        stream_ = streams_->open("n").value();
    }

    [[nodiscard]] domain::RowPosition at(std::uint64_t seq) const
    {
        return {.received_at = now_, .stream = stream_, .seq = seq};
    }

    [[nodiscard]] triage::Outcome::Opened opened(const std::string& key, std::int64_t number) const
    {
        domain::Ticket ticket;
        ticket.id = TicketId(new_uuid());
        ticket.number = number;
        ticket.title = "Disk \"full\" on C:\\ {a,b}";
        ticket.description = "NULL";
        ticket.dedup_key = key;
        ticket.labels.set("env", "prod\"\\");
        ticket.occurrences = 1;
        ticket.first_seen_at = ticket.last_seen_at = ticket.opened_at = now_;
        ticket.route = {ContactGroupId(new_uuid()), ContactGroupId(new_uuid())};
        ticket.event_seq = 1;
        return {.ticket = ticket, .firing_instances = 2};
    }

    [[nodiscard]] static ports::TriageWrites opening(std::vector<triage::Outcome::Opened> tickets, std::int64_t next)
    {
        ports::TriageWrites writes;
        writes.outcome.opened = std::move(tickets);
        writes.outcome.next_number = next;
        return writes;
    }

    [[nodiscard]] static triage::StateKeys by_keys(std::vector<std::string> keys)
    {
        return {.dedup_keys = std::move(keys), .instance_keys = {}};
    }

    static ports::TriageWrites nothing(const triage::States&) { return {}; }

    Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    TenantId tenant_ = new_tenant();
    std::unique_ptr<ports::JournalStreams> streams_ = make_journal_streams(pipeline());
    std::unique_ptr<FoldsByHand> store_ = std::make_unique<FoldsByHand>(make_triage_store(pipeline()));
    domain::StreamId stream_ = 0;
};

}  // namespace winnow::pg
