#include "pipeline/backtest/history_reader.hpp"

#include "winnow/intake/canonical.hpp"
#include "winnow/journal/codec.hpp"

#include <algorithm>

namespace winnow::pipeline {

bool HistoryReader::open(const ports::HistoryRow& row)
{
    constexpr std::size_t kKept = 8U << 20U;
    if (lines_.capacity() > kKept) std::string().swap(lines_);  // one row out of the ordinary is not paid for ever
    received_at_ = row.position.received_at;
    next_index_ = 0;
    taken_ = filled_ = 0;
    const auto decoded = journal::decode_rows(row.payload, lines_);
    rest_ = decoded ? std::string_view(lines_) : std::string_view();
    return decoded.has_value();
}

bool HistoryReader::next_line(std::string_view& line)
{
    if (rest_.empty() || next_index_ > domain::kMaxIndex) return false;
    line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
    ++next_index_;
    return true;
}

bool HistoryReader::parse(std::string_view line, domain::Alert& alert) const
{
    if (!intake::read_canonical(line, alert)) return false;
    alert.received_at = received_at_;
    return true;
}

}  // namespace winnow::pipeline
