#include "pipeline/takeover/trial_lines.hpp"

#include <sstream>
#include <stdexcept>

namespace winnow::pipeline {

namespace {

TriedRow row_of(std::istream& words)
{
    std::string tenant;
    std::uint64_t seq = 0;
    words >> tenant >> seq;
    const auto id = TenantId::parse(tenant);
    if (!words || !id) throw std::runtime_error("a line of a trial names no row");
    return {.tenant = *id, .seq = seq};
}

}  // namespace

std::string order_line(const TrialOrder& order)
{
    std::ostringstream line;
    line << order.stream << ' ' << order.rows << ' ' << order.aside.size();
    for (const auto& aside : order.aside) {
        line << ' ' << aside.row.tenant.str() << ' ' << aside.row.seq << ' ' << aside.unread;
    }
    line << '\n';
    return line.str();
}

TrialOrder order_of(const std::string& line)
{
    std::istringstream words(line);
    TrialOrder order;
    std::size_t aside = 0;
    words >> order.stream >> order.rows >> aside;
    for (; words && aside > 0; --aside) {
        TrialOrder::SetAside one{.row = row_of(words)};
        words >> one.unread;
        order.aside.push_back(one);
    }
    if (!words) throw std::runtime_error("the order of a trial cannot be read");
    return order;
}

std::string row_line(std::string_view word, const TriedRow& row)
{
    return std::string(word) + " " + row.tenant.str() + " " + std::to_string(row.seq) + "\n";
}

std::string count_line(std::string_view word, std::uint64_t count)
{
    return std::string(word) + " " + std::to_string(count) + "\n";
}

void hear(TrialReport& report, const std::string& line)
{
    std::istringstream words(line);
    std::string word;
    words >> word;
    ++report.steps;
    if (word == kReading || word == kFolding) {
        report.at = row_of(words);
        report.reading = word == kReading;
    } else if (word == kApplied || word == kSetAside) {
        std::uint64_t count = 0;
        words >> count;
        (word == kApplied ? report.alerts : report.set_aside) += count;
        report.at.reset();
    } else if (word == kPassed || word == kSlow) {
        report.state = word == kPassed ? TrialReport::State::passed : TrialReport::State::slow;
        report.at.reset();
    }
}

}  // namespace winnow::pipeline
