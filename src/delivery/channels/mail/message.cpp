#include "delivery/channels/mail/message.hpp"

#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <tuple>

namespace winnow::delivery {

namespace {

constexpr std::size_t kMaxHeaderLine = 76;
constexpr std::size_t kMaxBodyLine = 76;
constexpr std::string_view kCrlf = "\r\n";

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_ascii(char c)
{
    return static_cast<unsigned char>(c) < 0x80;
}

std::string on_one_line(std::string_view text)
{
    return shown_text(text);
}

/// Breaks before words that do not fit. Never makes a line of blanks only: readers would take it for the body's start.
std::string folded(std::string_view text, std::size_t used)
{
    std::string out;
    while (!text.empty()) {
        const auto word_begin = std::min(text.find_first_not_of(' '), text.size());
        const auto word_end = std::min(text.find(' ', word_begin), text.size());
        if (!out.empty() && word_begin < text.size() && used + word_end > kMaxHeaderLine) {
            out += kCrlf;
            used = 0;
        }
        out += text.substr(0, word_end);
        used += word_end;
        text.remove_prefix(word_end);
    }
    return out;
}

std::string encoded_words(std::string_view text, std::size_t used)
{
    constexpr std::string_view kOpen = "=?UTF-8?B?";
    constexpr std::string_view kClose = "?=";
    std::string out;
    while (!text.empty()) {
        const auto room = kMaxHeaderLine - 1 - std::min(used, kMaxHeaderLine / 2) - kOpen.size() - kClose.size();
        auto piece = truncate_utf8(text, room / 4 * 3);
        if (piece.empty()) piece = text.substr(0, 1);  // not UTF-8: still moves on
        if (!out.empty()) out.append(kCrlf).append(" ");
        out.append(kOpen).append(crypto::to_base64(piece)).append(kClose);
        text.remove_prefix(piece.size());
        used = 1;
    }
    return out;
}

/// RFC 5322 §3.3, in English whatever the locale.
std::string date_text(std::chrono::sys_seconds instant)
{
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(instant - day);
    std::array<char, 64> text{};
    std::ignore = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                                static_cast<int>(time.seconds().count()));
    return text.data();
}

/// Text in a script that quoted-printable would triple.
bool wants_base64(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_ascii(c); })) * 4 > text.size();
}

std::string base64_lines(std::string_view text)
{
    std::string with_crlf;
    for (const char c : text) {
        if (c == '\n') with_crlf += '\r';
        with_crlf += c;
    }
    const auto encoded = crypto::to_base64(with_crlf);
    std::string out;
    for (std::size_t at = 0; at < encoded.size(); at += kMaxBodyLine) {
        out.append(encoded, at, kMaxBodyLine).append(kCrlf);
    }
    return out;
}

/// The display name may hold any UTF-8 text; the mailbox is ASCII.
std::string from_header(std::string_view from)
{
    const auto open = from.rfind('<');
    if (open == std::string_view::npos || std::ranges::all_of(from, is_ascii)) return on_one_line(from);
    auto name = from.substr(0, open);
    while (name.ends_with(' ') || name.ends_with('"')) name.remove_suffix(1);
    while (name.starts_with(' ') || name.starts_with('"')) name.remove_prefix(1);
    return encode_header_text(name, std::string_view("From: ").size()) + "\r\n " + on_one_line(from.substr(open));
}

}  // namespace

std::string_view mailbox_of(std::string_view from)
{
    const auto open = from.rfind('<');
    if (open == std::string_view::npos) return from;
    from.remove_prefix(open + 1);
    return from.substr(0, from.find('>'));
}

std::string encode_header_text(std::string_view text, std::size_t used)
{
    const auto line = on_one_line(text);
    // "=?" in plain text would be read as an encoded word.
    if (std::ranges::all_of(line, is_ascii) && !line.contains("=?")) return folded(line, used);
    return encoded_words(line, used);
}

std::string quoted_printable(std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            out += kCrlf;
            column = 0;
            continue;
        }
        const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
        const bool plain =
            c != '=' && is_ascii(c) && (!is_control(c) || c == '\t') && !((c == ' ' || c == '\t') && ends_line);
        const std::size_t width = plain ? 1 : 3;
        if (column + width > kMaxBodyLine - (ends_line ? 0U : 1U)) {
            out.append("=").append(kCrlf);
            column = 0;
        }
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '=';
            out += kDigits[byte >> 4U];
            out += kDigits[byte & 15U];
        }
        column += width;
    }
    if (column > 0) out += kCrlf;
    return out;
}

std::string compose_mail(const MailMessage& message)
{
    const auto mailbox = mailbox_of(message.from);
    const auto at = mailbox.rfind('@');
    const auto domain = at == std::string_view::npos ? std::string("localhost") : on_one_line(mailbox.substr(at + 1));
    const auto thread = "<ticket." + message.ticket_id.str() + "@" + domain + ">";
    const bool base64 = wants_base64(message.text);

    std::string mail;
    const auto header = [&mail](std::string_view name, std::string_view value) {
        mail.append(name).append(": ").append(value).append(kCrlf);
    };
    header("Date", date_text(message.date));
    header("From", from_header(message.from));
    header("To", on_one_line(message.to));
    header("Subject", encode_header_text(message.subject, std::string_view("Subject: ").size()));
    header("Message-ID", "<" + message.delivery_id.str() + "@" + domain + ">");
    if (!message.ticket_id.is_nil()) {
        header("In-Reply-To", thread);
        header("References", thread);
    }
    header("Auto-Submitted", "auto-generated");  // RFC 3834: holiday notices stay away
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", base64 ? "base64" : "quoted-printable");
    mail += kCrlf;
    mail += base64 ? base64_lines(message.text) : quoted_printable(message.text);
    return mail;
}

}  // namespace winnow::delivery
