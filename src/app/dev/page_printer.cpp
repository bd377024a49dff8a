#include "app/dev/page_printer.hpp"

#include "winnow/cli/terminal_text.hpp"
#include "winnow/routing/plan.hpp"

#include <vector>

namespace winnow::app::dev {

namespace {

constexpr std::size_t kPagesASecond = 5;
constexpr std::size_t kLinesASecond = 25;  // with those of the pages: the others are a line each
constexpr std::size_t kMaxLines = 22;
constexpr std::size_t kMaxLineBytes = 200;

/// With what is in the middle left out: the end says how to take it on.
std::string shortened(std::string_view text)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto shown = cli::for_terminal(text.substr(0, end), kMaxLineBytes);
        lines.push_back((shown.empty() ? "  |" : "  | ") + shown + "\n");
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    constexpr std::size_t kLast = 3;
    std::string kept;
    for (std::size_t line = 0; line < lines.size(); ++line) {
        const bool fits = lines.size() <= kMaxLines || line < kMaxLines - kLast - 1 || line >= lines.size() - kLast;
        if (fits) kept += lines[line];
        if (!fits && line == kMaxLines - kLast - 1) kept += "  | …\n";
    }
    return kept;
}

}  // namespace

std::string PagePrinter::rest(Clock::time_point now)
{
    if (now - second_began_ < std::chrono::seconds{1}) return "";
    std::string told;
    if (not_shown_ > 0)
        told = "(" + std::to_string(not_shown_) + " more messages came, too fast to show: see winnow ticket list)\n";
    second_began_ = now;
    shown_ = not_shown_ = 0;
    return told;
}

std::string PagePrinter::page(const std::string& body, Clock::time_point now)
{
    auto text = rest(now);
    if (shown_ == kLinesASecond) {
        ++not_shown_;
        return text;
    }
    const auto mail = routing::render_mail(body);
    const bool whole = shown_++ < kPagesASecond;
    text += (whole ? "\n" : "") + std::string("sent to the built-in receiver: ") +
            cli::for_terminal(mail.subject, kMaxLineBytes) + "\n";
    if (whole) text += shortened(mail.text);
    return text;
}

}  // namespace winnow::app::dev
