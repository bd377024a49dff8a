/// @file
/// ./dev bench groups: what it costs triage that a tenant has management groups, as the ratio to the same without.
///
/// Alerts with and without take turns in one run, on one database: what the machine does meanwhile falls on both. With:
/// each comes from an integration that is in a group, and has a label that no group names, of five.

#include "support/postgres.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/pg/journal_streams.hpp"
#include "winnow/pg/provider_store.hpp"
#include "winnow/pg/sessions.hpp"
#include "winnow/pg/triage_store.hpp"
#include "winnow/ports/journal_store.hpp"
#include "winnow/ports/triage_store.hpp"
#include "winnow/triage/fold.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kGroups = 200;
constexpr int kIntegrationsOfOne = 5;
constexpr std::size_t kAtOnce = 500;  // alerts of one transaction

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

IntegrationId integration(std::uint64_t number)
{
    return IntegrationId(Uuid::from_words(3, number));
}

domain::GroupMap groups()
{
    std::vector<domain::ManagementGroup> all;
    std::uint64_t next = 0;
    for (std::uint64_t i = 1; i <= kGroups; ++i) {
        domain::ManagementGroup group;
        group.id = ManagementGroupId(Uuid::from_words(2, i));
        for (int of = 0; of < kIntegrationsOfOne; ++of) group.integrations.push_back(integration(++next));
        for (std::size_t label = 0; label < domain::kMaxGroupLabels; ++label) {
            group.labels.emplace_back("team", "team " + std::to_string(i) + ' ' + std::to_string(label));
        }
        all.push_back(std::move(group));
    }
    return domain::GroupMap(all);
}

/// One tenant, and its triage.
class Bench {
public:
    Bench()
    {
        const auto made = pg::make_provider_store(pg::PgOptions{.conninfo = database_.provider})
                              ->create_tenant({.id = tenant_,
                                               .service_code = "bench",
                                               .name = "Bench",
                                               .admin_id = UserId(Uuid::from_words(1, 2)),
                                               .admin_email = "admin@example.org",
                                               .admin_name = "Admin",
                                               .admin_key_id = ApiKeyId(Uuid::from_words(1, 3)),
                                               .admin_key_hash = crypto::sha256("key"),
                                               .admin_key_hint = "wnu_1234"});
        if (!made || !streams_->maintain_partitions()) std::exit(1);
        const auto stream = streams_->open("bench");
        if (!stream) std::exit(1);
        stream_ = *stream;
        with_.management_groups = groups();
    }

    /// Seconds that a batch takes from the states to the commit. New keys open tickets, known ones join them.
    double fold(bool grouped, bool is_new)
    {
        if (is_new) ++generation_;
        const auto batch = alerts(grouped);
        const auto begun = Clock::now();
        const auto from = seq_++;
        auto locked = store_->lock(tenant_, from, at(seq_), {});
        if (!locked) std::exit(1);
        auto& fold = **locked;
        auto states = fold.load(triage::keys_of(batch));
        if (!states) std::exit(1);
        ports::TriageWrites writes;
        writes.outcome = triage::fold(batch, *std::move(states), grouped ? with_ : without_);
        if (!fold.store(writes) || !fold.commit()) std::exit(1);
        return std::chrono::duration<double>(Clock::now() - begun).count();
    }

private:
    [[nodiscard]] domain::RowPosition at(std::uint64_t seq) const
    {
        return {.received_at = now_, .stream = stream_, .seq = seq};
    }

    [[nodiscard]] std::vector<triage::Evaluated> alerts(bool grouped) const
    {
        std::vector<triage::Evaluated> batch;
        for (std::size_t i = 0; i < kAtOnce; ++i) {
            triage::Evaluated each;
            each.position = {.row = at(seq_ + 1), .index = static_cast<std::uint16_t>(i)};
            each.alert.title = "disk full";
            each.alert.description = "93% of /var is used";
            each.alert.dedup_key =
                std::string(grouped ? "with " : "without ") + std::to_string(generation_) + ' ' + std::to_string(i);
            each.alert.received_at = now_;
            for (const auto* name : {"env", "region", "rack", "host", "team"}) each.alert.labels.set(name, "prod");
            if (grouped) each.alert.integration_id = integration(1 + i % (kGroups * kIntegrationsOfOne));
            batch.push_back(std::move(each));
        }
        return batch;
    }

    const test::TestDatabase database_ = test::PostgresCluster::instance().fresh_database();
    const TenantId tenant_{Uuid::from_words(1, 1)};
    const Timestamp now_ = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const std::unique_ptr<ports::JournalStreams> streams_ =
        pg::make_journal_streams(pg::PgOptions{.conninfo = database_.pipeline});
    const std::unique_ptr<ports::TriageStore> store_ =
        pg::make_triage_store(pg::PgOptions{.conninfo = database_.pipeline});
    domain::StreamId stream_ = 0;
    domain::Settings with_;
    const domain::Settings without_{};
    std::uint64_t seq_ = 0;
    int generation_ = 0;
};

struct Row {
    std::string_view what;
    double without;  ///< Alerts a second.
    double with;
};

Row measure(Bench& bench, std::string_view what, bool is_new, bool quick)
{
    const int rounds = quick ? 9 : 101;
    std::vector<double> without;
    std::vector<double> with;
    bench.fold(true, true);  // what is joined then
    bench.fold(false, false);
    for (int round = 0; round < rounds; ++round) {
        const bool first = round % 2 == 0;
        (first ? with : without).push_back(bench.fold(first, is_new));
        (first ? without : with).push_back(bench.fold(!first, is_new));
    }
    const auto rate = [](const std::vector<double>& seconds) {
        return static_cast<double>(kAtOnce) / median(seconds);
    };
    return {.what = what, .without = rate(without), .with = rate(with)};
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench groups [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    setenv("WINNOW_TEST_FSYNC", "on", 1);
    winnow::Bench bench;
    const std::vector<winnow::Row> rows{winnow::measure(bench, "alerts that open tickets", true, quick),
                                        winnow::measure(bench, "alerts that join tickets", false, quick)};
    if (json) std::cout << "[";
    for (const auto& row : rows) {
        if (json) {
            std::cout << (&row == rows.data() ? "" : ", ") << R"({"what": ")" << row.what
                      << R"(", "without_per_second": )" << row.without << R"(, "with_per_second": )" << row.with << "}";
        } else {
            std::cout << row.what << ": " << row.with << "/s with management groups, " << row.without << "/s without\n";
        }
    }
    if (json) std::cout << "]\n";
    return 0;
}
