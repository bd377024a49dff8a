#include "winnow/intake/canonical.hpp"

#include "intake/json/json_document.hpp"
#include "winnow/base/uuid_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace winnow::intake {

namespace {

using domain::Alert;

/// A member's name as it stands behind another member, `,"title":`; made when this is compiled.
class Name {
public:
    template <std::size_t N>
    consteval Name(const char (&name)[N]) : bytes_(N + 3)  // NOLINT: a literal, and it stands for one
    {
        text_.at(0) = ',';
        text_.at(1) = '"';
        std::copy_n(name, N - 1, text_.begin() + 2);
        text_.at(N + 1) = '"';
        text_.at(N + 2) = ':';
    }

    [[nodiscard]] constexpr std::string_view behind_another() const noexcept { return {text_.data(), bytes_}; }
    [[nodiscard]] constexpr std::string_view first() const noexcept { return behind_another().substr(1); }
    [[nodiscard]] constexpr std::string_view bare() const noexcept { return {text_.data() + 2, bytes_ - 4}; }

private:
    std::array<char, 24> text_{};
    std::size_t bytes_;
};

struct TextField {
    Name name;
    std::string Alert::* member = nullptr;
};

// In the order in which they are written.
constexpr std::array kTexts{
    TextField{"title", &Alert::title},
    TextField{"dedup_key", &Alert::dedup_key},
    TextField{"source", &Alert::source},
    TextField{"service", &Alert::service},
    TextField{"component", &Alert::component},
    TextField{"group", &Alert::group},
    TextField{"class", &Alert::class_name},
    TextField{"description", &Alert::description},
    TextField{"instance_key", &Alert::instance_key},
    TextField{"integration", &Alert::integration},
};

// Writes the members of one object.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    std::string& name(const Name& name)
    {
        out_ += first_ ? name.first() : name.behind_another();
        first_ = false;
        return out_;
    }

    void text(const Name& key, std::string_view value)
    {
        if (!value.empty()) append_json_string(name(key), value);
    }

    void number(const Name& key, std::int64_t value)
    {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        name(key).append(digits.data(), end);
    }

    void time(const Name& key, Timestamp at) { number(key, at.time_since_epoch().count()); }

    void close() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

void append_labels(const domain::Labels& labels, std::string& out)
{
    char before = '{';
    for (const auto& [name, value] : labels.entries()) {
        out += before;
        before = ',';
        append_json_string(out, name);
        out += ':';
        append_json_string(out, value);
    }
    out += '}';
}

void append_links(const std::vector<domain::Link>& links, std::string& out)
{
    char before = '[';
    for (const auto& link : links) {
        out += before;
        before = ',';
        ObjectWriter writer(out);
        writer.text("href", link.href);
        writer.text("text", link.text);
        writer.close();
    }
    out += ']';
}

void append_warnings(const std::vector<FieldError>& warnings, std::string& out)
{
    char before = '[';
    for (const auto& warning : warnings) {
        out += before;
        before = ',';
        ObjectWriter writer(out);
        writer.text("code", warning.code);
        writer.text("pointer", warning.pointer);
        writer.text("detail", warning.detail);
        writer.close();
    }
    out += ']';
}

// A line feed in details can only be space between its tokens.
void append_details(const std::string& details, std::string& out)
{
    const auto begin = out.size();
    out += details;
    if (details.find('\n') != std::string::npos)
        std::ranges::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\n', ' ');
}

// The defaults, without giving memory back.
void clear(Alert& alert)
{
    for (const auto& field : kTexts) (alert.*field.member).clear();
    alert.status = domain::AlertStatus::firing;
    alert.severity = domain::Severity::warning;
    alert.labels.clear();
    alert.details.assign("{}");
    alert.links.clear();
    alert.warnings.clear();
    alert.starts_at.reset();
    alert.ends_at.reset();
    alert.integration_id = {};
    alert.received_at = {};
}

// Reads a canonical object back, member by member. A member that is not known was written by a later version: passed.
class CanonicalReader {
public:
    explicit CanonicalReader(Reader& reader) : reader_(reader) {}

    Syntax read(ondemand::object object, Alert& alert)
    {
        const Path root;
        for (auto member : object) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, root, name); error != simdjson::SUCCESS) return error;
            if (const auto error = read_member(name, field.value(), alert); error != simdjson::SUCCESS) return error;
        }
        return simdjson::SUCCESS;
    }

private:
    Syntax read_member(std::string_view name, ondemand::value& value, Alert& alert)
    {
        for (std::size_t i = 0; i < kTexts.size(); ++i) {
            const auto& field = kTexts.at(next_++ % kTexts.size());
            if (name == field.name.bare()) return text(value, alert.*field.member);
        }
        if (name == "labels") return labels(value, alert.labels);
        if (name == "details") return details(value, alert.details);
        if (name == "received_at") return time(value, alert.received_at);
        if (name == "status") return word(value, domain::parse_alert_status, alert.status);
        if (name == "severity") return word(value, domain::parse_severity, alert.severity);
        if (name == "integration_id") return word(value, IntegrationId::parse, alert.integration_id);
        if (name == "starts_at") return time(value, alert.starts_at.emplace());
        if (name == "ends_at") return time(value, alert.ends_at.emplace());
        if (name == "links") {
            return objects(value, alert.links,
                           [this](std::string_view member, ondemand::value& text_value, auto& link) {
                               return text(text_value, member == "href" ? link.href : link.text);
                           });
        }
        if (name == "warnings") {
            return objects(value, alert.warnings, [this](std::string_view member, ondemand::value& of, auto& warning) {
                return text(of, member == "code"      ? warning.code
                                : member == "pointer" ? warning.pointer
                                                      : warning.detail);
            });
        }
        return reader_.skip(value, Path(), 1);
    }

    /// Valid until the next string is read.
    Syntax view(ondemand::value& value, std::string_view& out)
    {
        return Reader::kind_of(value) == '"' ? reader_.string(value, Path(), out) : simdjson::INCORRECT_TYPE;
    }

    Syntax text(ondemand::value& value, std::string& out)
    {
        std::string_view read;
        const auto error = view(value, read);
        out.assign(read);
        return error;
    }

    template <typename Value, typename Parse>
    Syntax word(ondemand::value& value, Parse parse, Value& out)
    {
        std::string_view name;
        if (const auto error = view(value, name); error != simdjson::SUCCESS) return error;
        const auto parsed = parse(name);
        if (!parsed) return simdjson::INCORRECT_TYPE;
        out = *parsed;
        return simdjson::SUCCESS;
    }

    Syntax time(ondemand::value& value, Timestamp& out)
    {
        std::int64_t milliseconds = 0;
        if (const auto error = value.get_int64().get(milliseconds); error != simdjson::SUCCESS) return error;
        out = Timestamp(std::chrono::milliseconds(milliseconds));
        return simdjson::SUCCESS;
    }

    Syntax labels(ondemand::value& value, domain::Labels& out)
    {
        ondemand::object members;
        if (const auto error = value.get_object().get(members); error != simdjson::SUCCESS) return error;
        for (auto member : members) {
            ondemand::field field;
            if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
            std::string_view name;
            if (const auto error = reader_.name(field, Path(), name); error != simdjson::SUCCESS) return error;
            std::string label;
            if (const auto error = text(field.value(), label); error != simdjson::SUCCESS) return error;
            out.set(std::string(name), std::move(label));
        }
        return simdjson::SUCCESS;
    }

    // An array of objects of texts.
    template <typename Item, typename ReadMember>
    Syntax objects(ondemand::value& value, std::vector<Item>& out, ReadMember read_text_of)
    {
        ondemand::array elements;
        if (const auto error = value.get_array().get(elements); error != simdjson::SUCCESS) return error;
        for (auto element : elements) {
            ondemand::object members;
            if (const auto error = std::move(element).get_object().get(members); error != simdjson::SUCCESS)
                return error;
            auto& item = out.emplace_back();
            for (auto member : members) {
                ondemand::field field;
                if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) return error;
                std::string_view name;
                if (const auto error = reader_.name(field, Path(), name); error != simdjson::SUCCESS) return error;
                const auto error = read_text_of(name, field.value(), item);
                if (error != simdjson::SUCCESS) return error;
            }
        }
        return simdjson::SUCCESS;
    }

    // Kept byte for byte; walked all the same, so that a damaged line is not taken for a good one.
    Syntax details(ondemand::value& value, std::string& out)
    {
        if (Reader::kind_of(value) != '{') return simdjson::INCORRECT_TYPE;
        const auto* const begin = value.raw_json_token().data();
        if (const auto error = reader_.skip(value, Path(), 1); error != simdjson::SUCCESS) return error;
        const std::string_view raw(begin, static_cast<std::size_t>(reader_.position() - begin));
        out.assign(raw.substr(0, raw.rfind('}') + 1));
        return simdjson::SUCCESS;
    }

    Reader& reader_;
    std::size_t next_ = 0;  ///< The text that most likely comes next.
};

}  // namespace

void append_canonical(const Alert& alert, std::string& out)
{
    const Alert defaults;
    ObjectWriter writer(out);
    for (const auto& field : kTexts) writer.text(field.name, alert.*field.member);
    if (alert.status != defaults.status) writer.text("status", domain::to_string(alert.status));
    if (alert.severity != defaults.severity) writer.text("severity", domain::to_string(alert.severity));
    if (!alert.labels.empty()) append_labels(alert.labels, writer.name("labels"));
    if (alert.details != "{}") append_details(alert.details, writer.name("details"));
    if (!alert.links.empty()) append_links(alert.links, writer.name("links"));
    if (!alert.warnings.empty()) append_warnings(alert.warnings, writer.name("warnings"));
    if (alert.starts_at) writer.time("starts_at", *alert.starts_at);
    if (alert.ends_at) writer.time("ends_at", *alert.ends_at);
    if (!alert.integration_id.is_nil()) writer.text("integration_id", UuidText(alert.integration_id).view());
    if (alert.received_at != defaults.received_at) writer.time("received_at", alert.received_at);
    writer.close();
}

Result<Alert> read_canonical(std::string_view line)
{
    Alert alert;
    if (const auto read = read_canonical(line, alert); !read) return read.error();
    return alert;
}

Result<Done> read_canonical(std::string_view line, Alert& alert)
{
    constexpr std::size_t kAnyDepth = 1'000;  // intake's limit was checked when the alert came in
    clear(alert);
    ScratchLease lease(line);
    Reader reader(lease, lease.text(), kAnyDepth);
    ondemand::document document;
    ondemand::object object;
    if (reader.open(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS ||
        CanonicalReader(reader).read(object, alert) != simdjson::SUCCESS || !reader.at_end()) {
        return Error(ErrorCode::internal, "a journalled alert cannot be read");
    }
    return Done{};
}

}  // namespace winnow::intake
