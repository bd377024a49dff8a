#pragma once

/// @file
/// A database with two tenants, and the REST API on it: what the suite's tests share.

#include "support/postgres.hpp"
#include "support/rest/rest_calls.hpp"
#include "winnow/domain/alert.hpp"
#include "winnow/domain/delivery.hpp"
#include "winnow/domain/position.hpp"
#include "winnow/domain/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow::test {

inline constexpr auto kNow = Timestamp(std::chrono::milliseconds(1'795'413'600'000));  // 2026-11-23T06:00:00Z

/// What a test says about a ticket; the rest has sensible values.
struct TicketSeed {
    std::string state = "open";
    int severity = 2;
    std::string title = "disk full";
    std::string description = {};
    std::string dedup_key = {};  ///< "": one of its own.
    std::string service = {};
    std::string labels = "{}";
    std::string assignee = {};  ///< "": nobody.
    Timestamp opened_at = kNow;
    bool suppressed = false;
    TicketId id = {};  ///< nil: one of its own.
};

/// An answer, and what tests look at of its headers.
struct AnswerOf : Answered {
    explicit AnswerOf(Answered answered);

    std::string etag;
    std::string link;
    std::string retry_after;
};

/// The tenants' database, on the way to which what was read for a page can be lost. A call's first job reads none.
class LossyDatabase final : public ports::TenantDatabase {
public:
    explicit LossyDatabase(ports::TenantDatabase& database) : database_(database) {}

    /// A call begins. `loses`: every other one of its jobs for pages is done, and `unavailable` before its commit.
    void begin(bool loses);
    /// So many were lost.
    [[nodiscard]] int lost() const noexcept { return lost_; }

    using TenantDatabase::submit;
    void submit(TenantId tenant, Job job, Finished finished, Terms terms) override;
    [[nodiscard]] bool healthy() const override { return database_.healthy(); }

private:
    ports::TenantDatabase& database_;
    std::atomic<bool> loses_ = false;
    std::atomic<int> jobs_ = 0;  // of this call
    std::atomic<int> lost_ = 0;
};

class World : public testing::Test {
protected:
    World();

    /// As `who_`; a body that is read in pages to its end.
    AnswerOf call(std::string_view method, const std::string& target, const nlohmann::json& body = nullptr,
                  const std::string& if_match = "");
    AnswerOf get(const std::string& target) { return call("GET", target); }

    /// The ids of a list's items.
    std::vector<std::string> ids(const std::string& target);
    /// The ids over every page, by next_cursor.
    std::vector<std::string> all_ids(const std::string& path, const std::string& query, int limit);

    /// Runs `work` in a transaction of the caller's tenant, which is then rolled back.
    void in_session(const std::function<void(ports::TenantSession&)>& work)
    {
        test::in_session(*tenants_, who_.tenant, work, false);
    }

    /// As above, in such a one as a GET has: it only reads, and all that it reads is of one moment.
    void in_moment(const std::function<void(ports::TenantSession&)>& work)
    {
        test::in_session(*tenants_, who_.tenant, work, true);
    }

    std::string add_ticket(const TicketSeed& seed = {}, std::optional<TenantId> tenant = std::nullopt);

    /// Writes one journal row and, unless they are left out, its verdicts.
    domain::RowPosition journal(std::uint64_t seq, Timestamp at, const std::vector<domain::Alert>& alerts,
                                const std::vector<std::optional<domain::Verdict>>& verdicts = {});

    std::string add_delivery(const std::string& ticket, int event_seq, const std::string& state,
                             Timestamp created_at = kNow, const std::string& contact = "");
    void add_event(const std::string& ticket, int seq, const std::string& kind, Timestamp at,
                   const std::string& alert_id = "");

    /// How many rows and index entries of `tickets` and their search index PostgreSQL reads for a GET.
    long rows_read_by(const std::string& target);
    /// How many events of tickets it reads while `work` runs.
    long events_read_by(const std::function<void()>& work);
    /// How many pages of `tickets` itself.
    long pages_read_by(const std::string& target);

    /// How many statements the API sends while `work` runs, those that begin and end its transactions included.
    long statements_of(const std::function<void()>& work);

    [[nodiscard]] int pages_lost() const noexcept { return lossy_.lost(); }

    pqxx::result sql(const std::string& statement);

    const TestDatabase database_ = PostgresCluster::instance().fresh_database();
    pqxx::connection admin_{database_.superuser};
    const TenantId ours_ = *TenantId::parse("0199c0de-0000-7000-8000-00000000000a");
    const TenantId theirs_ = *TenantId::parse("0199c0de-0000-7000-8000-00000000000b");
    const std::string user_ = "0199c0de-0000-7000-8000-0000000000a1";
    const std::string second_user_ = "0199c0de-0000-7000-8000-0000000000a2";
    access::Principal who_;
    const domain::AlertIds names_{domain::AlertIds::Root{1, 2, 3}};
    domain::StreamId stream_ = 7;  ///< That journal() writes: one of before ids were masked.
    Timestamp now_ = kNow;
    int outbox_wakes_ = 0;
    std::function<void()> between_pages_;  ///< Called after each page of a body.
    bool loses_pages_ = false;             ///< Each page of a body is read, lost on its way, and read again.
    std::size_t pages_ = 0;                ///< That were read of bodies.
    std::size_t longest_page_ = 0;         ///< Of these, in bytes.

private:
    [[nodiscard]] api::Services services();
    void end_sessions();
    long difference_by(const std::string& target, const std::string& statistics);
    long difference_by(const std::function<void()>& work, const std::string& statistics);

    int made_ = 0;
    // Last: their threads use all of the above.
    const std::unique_ptr<ports::TenantDatabase> tenants_ = tenant_database(database_);
    LossyDatabase lossy_{*tenants_};
    RestCalls calls_{lossy_, services()};
};

domain::Alert an_alert(std::string title);

}  // namespace winnow::test
