#include "pipeline/imports/alert_lines.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

namespace winnow::pipeline {

namespace {

// As export_run.cpp writes it: {"alert_id":"…","received_at":"…",…
constexpr std::string_view kBegin = R"({"alert_id":")";
constexpr std::string_view kCame = R"(","received_at":")";
constexpr std::size_t kUuidChars = 36;
constexpr std::size_t kTimeChars = 24;  // "2026-11-28T09:00:00.000Z"

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20U;

}  // namespace

std::optional<AlertLine> AlertLineReader::read(std::string_view line, std::string& wrong)
{
    wrong = "does not begin with an alert's id and when it came";
    if (!line.starts_with(kBegin)) return std::nullopt;
    line.remove_prefix(kBegin.size());
    const auto id = AlertId::parse(line.substr(0, kUuidChars));
    const auto received_at = id ? domain::received_at_of(*id) : std::nullopt;
    if (!received_at || !line.substr(kUuidChars).starts_with(kCame)) return std::nullopt;
    line.remove_prefix(kUuidChars + kCame.size());
    if (line.substr(0, kTimeChars) != format_rfc3339(*received_at)) {
        wrong = "came at another time than its id says";
        return std::nullopt;
    }
    line.remove_prefix(kTimeChars);
    if (!line.starts_with("\",") && line != "\"}") return std::nullopt;
    const auto kept = line == "\"}" ? std::string("{}") : std::string("{").append(line.substr(2));
    if (kept.size() > kMostAlertBytes || !intake::read_canonical(kept, alert_)) {
        wrong = kept.size() > kMostAlertBytes ? "is longer than an alert that is kept"
                                              : "is not as an alert is kept: export again";
        return std::nullopt;
    }
    wrong.clear();
    AlertLine read{.id = *id, .received_at = *received_at, .canonical = {}};
    intake::append_canonical(alert_, read.canonical);
    return read;
}

std::string AlertLineCheck::check(std::string_view line, std::string_view day)
{
    std::string wrong;
    const auto read = reader_.read(line, wrong);
    if (!read) return wrong;
    if (!format_rfc3339(read->received_at).starts_with(day)) return "stands in the folder of another day";
    if (day > last_day_) return "comes from the future";
    if (last_ && domain::first_of_row(*last_) == domain::first_of_row(read->id)) {
        if (domain::index_of(read->id) <= domain::index_of(*last_)) {
            return "stands twice, or before the line above: alerts stand in the order of their ids";
        }
    } else {
        if (last_ && read->received_at < *domain::received_at_of(*last_)) {
            return "came before the line above: alerts stand in the order in which they came";
        }
        row_bytes_ = 0;
    }
    last_ = read->id;
    row_bytes_ += read->canonical.size();
    return row_bytes_ > kMostRowBytes ? "is one of too many that came at once" : "";
}

Result<Done> AlertRows::add(const AlertLine& line)
{
    const auto row = domain::first_of_row(line.id);
    if (row_ && *row_ != row) {
        end_row();
        if (ready_.size() >= kRowsAtOnce || ready_bytes_ >= kBytesAtOnce) {
            if (auto given = give(); !given) return given;
        }
    }
    row_ = row;
    while (verdicts_.size() < domain::index_of(line.id)) {  // gaps: what stood there was a repeat
        lines_ += '\n';
        verdicts_.emplace_back();
    }
    lines_.append(line.canonical).append(1, '\n');
    verdicts_.emplace_back(domain::Verdict{});  // nothing came of it here
    ++alerts_;
    return Done{};
}

Result<Done> AlertRows::end()
{
    if (row_) end_row();
    return give();
}

void AlertRows::end_row()
{
    ports::ImportedAlerts ready{.position = ids_.row(*row_),
                                .alerts = alerts_,
                                .payload = journal::encode_rows(lines_),
                                .verdicts = journal::encode_verdicts(verdicts_)};
    ready_bytes_ += ready.payload.size() + ready.verdicts.size();
    ready_.push_back(std::move(ready));
    row_.reset();
    lines_.clear();
    verdicts_.clear();
    alerts_ = 0;
}

Result<Done> AlertRows::give()
{
    if (ready_.empty()) return Done{};
    auto given = sink_(ready_);
    ready_.clear();
    ready_bytes_ = 0;
    return given;
}

}  // namespace winnow::pipeline
