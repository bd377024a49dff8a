#include "intake/alert/alert_fields.hpp"

#include <utility>

namespace winnow::intake {

namespace {

// Reads the links of one alert, and writes them as JSON beside, for when a link does not hold all of it.
class LinkReader {
public:
    LinkReader(Reader& reader, std::size_t depth, const domain::AlertLimits& limits)
        : reader_(reader), depth_(depth), limits_(limits)
    {
    }

    /// Empty where it cannot be a link.
    Syntax read(ondemand::value& value, const Path& at, domain::Link& link)
    {
        if (Reader::kind_of(value) != '{') {
            reader_.refuse(at, R"(must be an object such as {"href": "https://…", "text": "Runbook"})");
            return reader_.skip(value, at, depth_);
        }
        ondemand::object members;
        if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
        if (json_.empty()) json_.reserve(kUsualBytes);
        json_ += json_.empty() ? "[{" : ",{";
        Reader::Names names(reader_);
        for (auto member : members) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, at, name); error != simdjson::SUCCESS) return error;
            const bool fresh = names.add(name);
            if (const auto error = read_member(name, fresh, field.value(), at, link); error != simdjson::SUCCESS) {
                return error;
            }
        }
        json_ += '}';
        if (!is_safe_link(link.href) || !fits(link.href, limits_.max_link_chars)) {
            reader_.warn(
                at.member("href"), "moved",
                "must be an address of at most " + std::to_string(limits_.max_link_chars) +
                    " characters that begins with https://, http:// or mailto:; the link was moved to details");
            more_ = true;
            link = {};
        }
        return simdjson::SUCCESS;
    }

    void note_more() noexcept { more_ = true; }
    [[nodiscard]] bool more() const noexcept { return more_; }
    [[nodiscard]] std::string json() { return json_.empty() ? "[]" : std::move(json_) + "]"; }

private:
    Syntax read_member(std::string_view name, bool fresh, ondemand::value& value, const Path& at, domain::Link& link)
    {
        const auto here = at.member(name);
        if (!fresh) {
            reader_.warn(here, "repeated", "stands twice; the first one counts");
            return reader_.skip(value, here, depth_ + 1);
        }
        if (json_.back() != '{') json_ += ',';
        append_json_string(json_, name);
        json_ += ':';
        if (name != "href" && name != "text") {
            more_ = true;
            return reader_.append(value, here, depth_ + 1, json_);
        }
        auto& text = name == "href" ? link.href : link.text;
        const auto most = name == "href" ? limits_.max_alert_bytes : limits_.max_field_chars;
        const auto error = read_text(reader_, value, here, most, text);
        append_json_string(json_, text);
        return error;
    }

    static constexpr std::size_t kUsualBytes = 256;

    Reader& reader_;
    std::size_t depth_;
    const domain::AlertLimits& limits_;
    std::string json_;
    bool more_ = false;
};

}  // namespace

Syntax read_links(Reader& reader, ondemand::value& value, const Path& at, std::size_t depth,
                  const domain::AlertLimits& limits, std::vector<domain::Link>& out, Details& details)
{
    const char kind = Reader::kind_of(value);
    if (kind != '[') {
        if (kind != 'n') reader.refuse(at, R"(must be an array such as [{"href": "https://…", "text": "Runbook"}])");
        return reader.skip(value, at, depth);
    }
    ondemand::array elements;
    if (const auto error = value.get_array().get(elements); error != simdjson::SUCCESS) return error;
    LinkReader links(reader, depth + 1, limits);
    std::size_t index = 0;
    for (auto element : elements) {
        ondemand::value child;
        if (const auto error = std::move(element).get(child); error != simdjson::SUCCESS) return error;
        domain::Link link;
        if (const auto error = links.read(child, at.element(index++), link); error != simdjson::SUCCESS) return error;
        if (out.size() < limits.max_links && !link.href.empty()) out.push_back(std::move(link));
    }
    if (index > limits.max_links) {
        links.note_more();
        reader.warn(at, "moved",
                    "has more than " + std::to_string(limits.max_links) + " links; details hold all of them");
    }
    if (links.more() && !reader.refused()) details.keep("links", links.json());
    return simdjson::SUCCESS;
}

}  // namespace winnow::intake
