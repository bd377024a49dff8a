#include "pipeline/takeover/trial_lines.hpp"

#include <sstream>
#include <stdexcept>

namespace winnow::pipeline {

namespace {

TenantId tenant_of(std::istream& words)
{
    std::string tenant;
    words >> tenant;
    const auto id = TenantId::parse(tenant);
    if (!id) throw std::runtime_error("a line of a trial names no tenant");
    return *id;
}

TriedRow row_of(std::istream& words)
{
    TriedRow row{.tenant = tenant_of(words)};
    if (!(words >> row.seq)) throw std::runtime_error("a line of a trial names no row");
    return row;
}

std::vector<TenantId> tenants_of(std::istream& words)
{
    std::vector<TenantId> tenants;
    std::size_t count = 0;
    words >> count;
    for (; words && count > 0; --count) tenants.push_back(tenant_of(words));
    return tenants;
}

}  // namespace

std::string order_line(const TrialOrder& order)
{
    std::ostringstream line;
    line << order.stream << ' ' << order.rows << ' ' << order.aside.size();
    for (const auto& aside : order.aside) {
        line << ' ' << aside.row.tenant.str() << ' ' << aside.row.seq << ' ' << aside.unread;
    }
    for (const auto* tenants : {&order.last, &order.left}) {
        line << ' ' << tenants->size();
        for (const auto tenant : *tenants) line << ' ' << tenant.str();
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
    order.last = tenants_of(words);
    order.left = tenants_of(words);
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
    } else if (word == kApplied) {
        std::uint64_t count = 0;
        words >> count;
        report.alerts += count;
        report.at.reset();
    } else if (word == kSetAside) {
        report.set_aside.push_back(row_of(words));
        report.at.reset();
    } else if (word == kPassed || word == kSlow) {
        report.state = word == kPassed ? TrialReport::State::passed : TrialReport::State::slow;
    }
}

}  // namespace winnow::pipeline
