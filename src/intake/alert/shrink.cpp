#include "intake/alert/alert_fields.hpp"
#include "winnow/base/text.hpp"

#include <algorithm>
#include <array>

namespace winnow::intake {

namespace {

constexpr std::size_t kLeastText = 64;  // no text is cut to less

std::size_t bytes_of(const domain::Labels& labels)
{
    std::size_t bytes = 0;
    for (const auto& [name, value] : labels.entries()) bytes += name.size() + value.size();
    return bytes;
}

constexpr std::array kFields{&domain::Alert::source, &domain::Alert::service, &domain::Alert::component,
                             &domain::Alert::group, &domain::Alert::class_name};

// What an alert holds beside its details.
std::size_t others_of(const domain::Alert& alert)
{
    auto bytes = alert.title.size() + alert.description.size() + bytes_of(alert.labels);
    for (const auto field : kFields) bytes += (alert.*field).size();
    for (const auto& link : alert.links) bytes += link.href.size() + link.text.size();
    return bytes;
}

// Cuts all texts to `length`; a link that is longer goes, as half of one leads nowhere.
void cut_others(domain::Alert& alert, std::size_t length)
{
    const auto cut = [length](std::string& text) {
        if (text.size() > length) text = std::string(truncate_utf8(text, length));
    };
    cut(alert.description);
    cut(alert.title);
    for (const auto field : kFields) cut(alert.*field);
    domain::Labels labels;
    for (const auto& [name, value] : alert.labels.entries()) {
        labels.set(name, std::string(truncate_utf8(value, length)));
    }
    alert.labels = std::move(labels);
    std::erase_if(alert.links, [length](const auto& link) { return link.href.size() > length; });
    for (auto& link : alert.links) cut(link.text);
}

// Where a string's text must end so that it has at most `max_bytes` and no escape or character is cut apart.
std::size_t cut_place(std::string_view raw, std::size_t max_bytes)
{
    std::size_t end = 0;
    for (std::size_t at = 0; at < raw.size() && at <= max_bytes;) {
        end = at;
        if (raw[at] == '\\') {
            at += at + 1 < raw.size() && raw[at + 1] == 'u' ? 6 : 2;
        } else {
            ++at;
            while (at < raw.size() && (static_cast<unsigned char>(raw[at]) & 0xC0U) == 0x80U) ++at;
        }
    }
    return end;
}

// Compact JSON with every string value of more than `max_bytes` cut; names stay.
std::string cut_strings(std::string_view json, std::size_t max_bytes)
{
    std::string out;
    out.reserve(json.size() / 2);
    for (std::size_t at = 0; at < json.size();) {
        if (json[at] != '"') {
            out += json[at++];
            continue;
        }
        auto end = at + 1;
        while (json[end] != '"') end += json[end] == '\\' ? 2 : 1;
        const auto raw = json.substr(at + 1, end - at - 1);
        const bool is_name = end + 1 < json.size() && json[end + 1] == ':';
        if (is_name || raw.size() <= max_bytes) {
            out.append(json, at, end + 1 - at);
        } else {
            out += '"';
            out += raw.substr(0, cut_place(raw, max_bytes));
            out += "…\"";
        }
        at = end + 1;
    }
    return out;
}

}  // namespace

void shrink(Reader& reader, const Path& at, const domain::AlertLimits& limits, domain::Alert& alert)
{
    const auto most = limits.max_alert_bytes;
    const auto others = others_of(alert);
    if (others + alert.details.size() <= most) return;
    bool cut = false;
    const auto room = most - std::min(most / 2, others);
    if (alert.details.size() > room) {
        const bool helps = cut_strings(alert.details, kLeastText).size() <= room;
        for (std::size_t length = most / 2; helps && alert.details.size() > room && length >= kLeastText; length /= 2) {
            alert.details = cut_strings(alert.details, length);
            cut = true;
        }
        if (alert.details.size() > room) {
            alert.details = R"({"left_out":"more than )" + std::to_string(room) + R"( bytes"})";
            cut = true;
        }
    }
    for (auto length = most / 2; others_of(alert) + alert.details.size() > most && length >= kLeastText; length /= 2) {
        cut = true;
        cut_others(alert, length);
    }
    if (cut) {
        reader.warn(at, "cut",
                    "is larger than " + std::to_string(most) + " bytes; its longest texts were cut, details first");
    }
}

}  // namespace winnow::intake
