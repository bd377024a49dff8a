/// @file
/// What an alert costs between the socket and the journal: parse, validate, canonicalise, compress.

#include "winnow/intake/canonical.hpp"
#include "winnow/intake/formats.hpp"

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <chrono>
#include <string>
#include <variant>

namespace winnow::intake {

namespace {

Origin origin()
{
    return {IntegrationId(Uuid::from_words(0x0192'0000'0000'7000, 0x8000'0000'0000'0001)), "prometheus-eu",
            Timestamp(std::chrono::milliseconds{1'795'413'600'000})};
}

// About 600 bytes, as a monitoring system sends it. `keyed`: with a dedup_key of its own.
std::string alert_json(int number, bool keyed)
{
    const auto n = std::to_string(number);
    std::string json = R"({"title":"disk 93% full on db-)" + n + R"(: /var/lib/postgresql","severity":"critical",)";
    if (keyed) json += R"("dedup_key":"db-)" + n + R"(/disk",)";
    json += R"("source":"db-)" + n +
            R"(.eu-central-1.example.net","service":"billing","component":"disk","group":"db","class":"disk_full",)"
            R"("description":"The file system has less than 7% left; at the present rate it is full in 3 hours.",)"
            R"("labels":{"env":"prod","team":"storage","region":"eu-central-1","cluster":"pg-main","role":"replica"},)"
            R"("details":{"used_bytes":998244353123,"free_ratio":0.068,"inodes":{"used":12345678,"free":987654}},)"
            R"("starts_at":"2026-11-23T06:00:00.000Z",)"
            R"("links":[{"href":"https://runbooks.example.net/disk-full","text":"Runbook"}]})";
    return json;
}

std::string body_of(int count, bool keyed)
{
    if (count == 1) return alert_json(1, keyed);
    std::string body = "[";
    for (int i = 0; i < count; ++i) body += (i == 0 ? "" : ",") + alert_json(i, keyed);
    return body + "]";
}

void report(benchmark::State& state, std::size_t bytes)
{
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.counters["per_alert"] = benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                                                     benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Parse, validate, canonicalise. Arguments: alerts a body, whether they bring a dedup_key.
void BM_NativeToCanonical(benchmark::State& state)
{
    const auto body = body_of(static_cast<int>(state.range(0)), state.range(1) != 0);
    const auto from = origin();
    const domain::AlertLimits limits;
    std::string lines;
    for (auto _ : state) {
        lines.clear();
        auto batch = parse_native_json(body, from, limits);
        for (const auto& item : *batch) {
            append_canonical(std::get<domain::Alert>(item), lines);
            lines += '\n';
        }
        benchmark::DoNotOptimize(lines.data());
    }
    report(state, body.size());
}
BENCHMARK(BM_NativeToCanonical)->Args({1, 0})->Args({1, 1})->Args({64, 0})->Args({64, 1});

void BM_NativeParse(benchmark::State& state)
{
    const auto body = body_of(static_cast<int>(state.range(0)), true);
    const auto from = origin();
    const domain::AlertLimits limits;
    for (auto _ : state) {
        auto batch = parse_native_json(body, from, limits);
        benchmark::DoNotOptimize(batch);
    }
    report(state, body.size());
}
BENCHMARK(BM_NativeParse)->Arg(1)->Arg(64);

void BM_ReadCanonical(benchmark::State& state)
{
    std::string line;
    append_canonical(std::get<domain::Alert>(parse_native_json(body_of(1, true), origin(), {})->front()), line);
    for (auto _ : state) {
        auto alert = read_canonical(line);
        benchmark::DoNotOptimize(alert);
    }
    report(state, line.size());
}
BENCHMARK(BM_ReadCanonical)->Arg(1);

// What simdjson's two front-ends cost by themselves: the DOM's tape, and On-Demand visiting every value.
void BM_DomTapeOnly(benchmark::State& state)
{
    const auto body = body_of(static_cast<int>(state.range(0)), true);
    simdjson::dom::parser parser;
    for (auto _ : state) {
        auto root = parser.parse(body);
        benchmark::DoNotOptimize(root);
    }
    report(state, body.size());
}
BENCHMARK(BM_DomTapeOnly)->Arg(1)->Arg(64);

// The DOM with every string visited and its bytes touched, which is where On-Demand's walk stops too.
std::size_t visit(const simdjson::dom::element& element)
{
    std::size_t sum = 0;
    switch (element.type()) {
        case simdjson::dom::element_type::ARRAY:
            for (const auto child : element.get_array().value_unsafe()) sum += visit(child);
            break;
        case simdjson::dom::element_type::OBJECT:
            for (const auto member : element.get_object().value_unsafe())
                sum += member.key.size() + visit(member.value);
            break;
        case simdjson::dom::element_type::STRING: sum += element.get_string().value_unsafe().size(); break;
        default: ++sum;
    }
    return sum;
}

void BM_DomVisited(benchmark::State& state)
{
    const auto body = body_of(static_cast<int>(state.range(0)), true);
    simdjson::dom::parser parser;
    for (auto _ : state) {
        const auto root = parser.parse(body);
        benchmark::DoNotOptimize(visit(root.value_unsafe()));
    }
    report(state, body.size());
}
BENCHMARK(BM_DomVisited)->Arg(1)->Arg(64);

std::size_t visit(simdjson::ondemand::value value)
{
    std::size_t sum = 0;
    switch (value.type().value_unsafe()) {
        case simdjson::ondemand::json_type::array:
            for (auto child : value.get_array().value_unsafe()) sum += visit(child.value_unsafe());
            break;
        case simdjson::ondemand::json_type::object:
            for (auto member : value.get_object().value_unsafe()) {
                auto field = std::move(member).value_unsafe();
                sum += field.unescaped_key().value_unsafe().size() + visit(field.value());
            }
            break;
        case simdjson::ondemand::json_type::string: sum += value.get_string().value_unsafe().size(); break;
        default: sum += value.raw_json_token().size();
    }
    return sum;
}

void BM_OnDemandVisited(benchmark::State& state)
{
    const auto body = body_of(static_cast<int>(state.range(0)), true);
    simdjson::ondemand::parser parser;
    for (auto _ : state) {
        const simdjson::padded_string padded(body);
        auto document = parser.iterate(padded);
        auto root = document.get_value();
        benchmark::DoNotOptimize(root);
        benchmark::DoNotOptimize(visit(root.value_unsafe()));
    }
    report(state, body.size());
}
BENCHMARK(BM_OnDemandVisited)->Arg(1)->Arg(64);

void BM_Alertmanager(benchmark::State& state)
{
    std::string body = "[";
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        body += (i == 0 ? "" : ",") +
                (R"({"labels":{"alertname":"HighLatency","instance":"api-)" + std::to_string(i) +
                 R"(.example.net:9090","job":"api","severity":"page","env":"prod","team":"edge"},)"
                 R"("annotations":{"summary":"p99 above 800 ms","description":"The last 10 minutes of requests.",)"
                 R"("runbook_url":"https://runbooks.example.net/latency"},"startsAt":"2026-11-23T05:59:00.123456789Z",)"
                 R"("endsAt":"2026-11-23T06:04:00.123456789Z",)"
                 R"("generatorURL":"https://prometheus.example.net/graph?g0.expr=latency&g0.tab=1"})");
    }
    body += "]";
    const auto from = origin();
    const domain::AlertLimits limits;
    std::string lines;
    for (auto _ : state) {
        lines.clear();
        auto batch = parse_alertmanager(body, from, limits, std::chrono::minutes{5});
        for (const auto& item : *batch) append_canonical(std::get<domain::Alert>(item), lines);
        benchmark::DoNotOptimize(lines.data());
    }
    report(state, body.size());
}
BENCHMARK(BM_Alertmanager)->Arg(1)->Arg(64);

}  // namespace

}  // namespace winnow::intake
