/// @file
/// What the journal's bytes cost: rows of canonical alerts, and verdicts.

#include "winnow/journal/codec.hpp"

#include <benchmark/benchmark.h>

#include <random>
#include <string>

namespace winnow::journal {

namespace {

std::vector<std::optional<domain::Verdict>> verdicts_of(std::int64_t count)
{
    std::mt19937_64 random(1);
    std::vector<domain::RuleMatch> rules(20);
    for (auto& rule : rules) rule = {RuleId(Uuid::from_words(random(), random())), 7};
    std::vector<std::optional<domain::Verdict>> verdicts(static_cast<std::size_t>(count));
    for (auto& verdict : verdicts) {
        verdict.emplace();
        verdict->disposition = domain::Disposition::ticketed;
        verdict->effect = domain::TicketEffect::joined;
        verdict->ticket_id = TicketId(Uuid::from_words(0x0192abcdef018000, 0x8000000000000000 | random() % 1'000));
        verdict->matches = {rules[random() % 20], rules[random() % 20]};
        verdict->dedup_key = "db-" + std::to_string(random() % 1'000) + ".example.net/disk_full";
    }
    return verdicts;
}

void per_item(benchmark::State& state)
{
    state.counters["per_item"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                                                    benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_EncodeVerdicts(benchmark::State& state)
{
    const auto verdicts = verdicts_of(state.range(0));
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto payload = encode_verdicts(verdicts);
        bytes = payload.size();
        benchmark::DoNotOptimize(payload.data());
    }
    per_item(state);
    state.counters["bytes_per_item"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_EncodeVerdicts)->Arg(1)->Arg(64)->Arg(1'000);

void BM_DecodeVerdicts(benchmark::State& state)
{
    const auto payload = encode_verdicts(verdicts_of(state.range(0)));
    for (auto _ : state) {
        const auto verdicts = decode_verdicts(payload);
        benchmark::DoNotOptimize(verdicts->data());
    }
    per_item(state);
}
BENCHMARK(BM_DecodeVerdicts)->Arg(1)->Arg(64)->Arg(1'000);

void BM_EncodeRows(benchmark::State& state)
{
    std::string lines;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        lines += R"({"title":"disk 93% full on db-)" + std::to_string(i) +
                 R"(: /var/lib/postgresql","dedup_key":"db-)" + std::to_string(i) +
                 R"(/disk","source":"db-7.eu-central-1.example.net","service":"billing","class":"disk_full",)"
                 R"("labels":{"env":"prod","region":"eu-central-1","team":"storage"},"details":{"used":)" +
                 std::to_string(i * 7'919) + "}}\n";
    }
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto payload = encode_rows(lines);
        bytes = payload.size();
        benchmark::DoNotOptimize(payload.data());
    }
    per_item(state);
    state.counters["bytes_per_item"] = static_cast<double>(bytes) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_EncodeRows)->Arg(1)->Arg(64)->Arg(1'000);

}  // namespace

}  // namespace winnow::journal
