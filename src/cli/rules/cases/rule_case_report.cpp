#include "cli/rules/cases/rule_case_report.hpp"

#include "winnow/cli/terminal_text.hpp"

#include <algorithm>
#include <string_view>

namespace winnow::cli {

namespace {

using nlohmann::json;

std::string text_of(const Mismatch& mismatch)
{
    const auto dump = [](const json& value) {
        return value.dump(-1, ' ', false, json::error_handler_t::replace);
    };
    return mismatch.where + ": " + (mismatch.pointer.empty() ? "/" : mismatch.pointer) + " is " +
           dump(mismatch.actual) + ", expected " + dump(mismatch.expected);
}

std::vector<std::string> complaints(const CaseResult& result)
{
    std::vector<std::string> lines;
    for (const auto& mismatch : result.mismatches) lines.push_back(text_of(mismatch));
    if (!result.error.empty()) lines.push_back(result.error);
    return lines;
}

std::string in_lines(const std::vector<std::string>& lines)
{
    std::string all;
    for (const auto& line : lines) all += line + '\n';
    return all;
}

std::size_t failed(const std::vector<CaseResult>& results)
{
    return static_cast<std::size_t>(std::ranges::count_if(results, [](const auto& each) { return !each.passed(); }));
}

/// For an attribute or text. XML 1.0 has no form at all for most control characters.
std::string escaped(std::string_view text)
{
    constexpr unsigned char kFirstPrintable = 0x20;
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\n': out += "&#10;"; break;
            case '\t': out += "&#9;"; break;
            default: out += static_cast<unsigned char>(c) < kFirstPrintable ? '?' : c;
        }
    }
    return out;
}

}  // namespace

void print_results(const std::vector<CaseResult>& results, bool colours, std::ostream& out)
{
    const auto* const good = colours ? "\033[32mok\033[0m    " : "ok    ";
    const auto* const bad = colours ? "\033[31mFAILED\033[0m" : "FAILED";
    for (const auto& result : results) {
        out << (result.passed() ? good : bad) << ' ' << for_terminal(result.name) << '\n';
        for (const auto& line : complaints(result)) out << "       " << for_terminal(line) << '\n';
        for (const auto& line : result.warnings) out << "       warning: " << for_terminal(line) << '\n';
    }
    out << results.size() - failed(results) << " passed, " << failed(results) << " failed\n";
}

json results_json(const std::vector<CaseResult>& results)
{
    auto cases = json::array();
    for (const auto& result : results) {
        auto mismatches = json::array();
        for (const auto& each : result.mismatches) {
            mismatches.push_back({{"where", each.where},
                                  {"pointer", each.pointer},
                                  {"expected", each.expected},
                                  {"actual", each.actual}});
        }
        cases.push_back({{"name", result.name},
                         {"passed", result.passed()},
                         {"mismatches", std::move(mismatches)},
                         {"warnings", result.warnings},
                         {"error", result.error.empty() ? json(nullptr) : json(result.error)}});
    }
    return {{"passed", results.size() - failed(results)}, {"failed", failed(results)}, {"cases", std::move(cases)}};
}

std::string junit_xml(const std::vector<CaseResult>& results, const std::string& file)
{
    const auto broken = static_cast<std::size_t>(
        std::ranges::count_if(results, [](const CaseResult& each) { return !each.error.empty(); }));
    const auto counts = " tests=\"" + std::to_string(results.size()) + "\" failures=\"" +
                        std::to_string(failed(results) - broken) + "\" errors=\"" + std::to_string(broken) + "\"";
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n  <testsuite name=\"" +
                      escaped(file) + "\"" + counts + ">\n";
    for (const auto& result : results) {
        xml += "    <testcase classname=\"" + escaped(file) + "\" name=\"" + escaped(result.name) + "\"";
        if (result.passed() && result.warnings.empty()) {
            xml += "/>\n";
            continue;
        }
        xml += ">\n";
        if (!result.passed()) {
            const auto lines = complaints(result);
            const std::string kind = result.error.empty() ? "failure" : "error";
            xml += "      <" + kind + " message=\"" + escaped(lines.front()) + "\">" + escaped(in_lines(lines)) + "</" +
                   kind + ">\n";
        }
        if (!result.warnings.empty()) {
            xml += "      <system-out>" + escaped(in_lines(result.warnings)) + "</system-out>\n";
        }
        xml += "    </testcase>\n";
    }
    return xml + "  </testsuite>\n</testsuites>\n";
}

}  // namespace winnow::cli
