#include "winnow/forms/archive_check.hpp"

#include "forms/archives/json_line.hpp"
#include "forms/archives/row_check.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/sha256_hex.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <system_error>
#include <utility>

namespace winnow::forms {

namespace {

using domain::ImportFault;
using nlohmann::json;

constexpr std::string_view kEnding = ".ndjson";
constexpr std::size_t kNumberDigits = 6;
constexpr std::size_t kMostFieldBytes = 100;  // that are told of a name

/// Of a file, as it is.
struct File {
    std::int64_t rows = 0;
    std::size_t bytes = 0;
    std::string sha256;
};

bool is_day(std::string_view text)
{
    return text.size() == 10 && parse_rfc3339(std::string(text) + "T00:00:00Z").has_value();
}

bool is_number(const json* said, std::uint64_t number)
{
    return said != nullptr && said->is_number_unsigned() && said->get<std::uint64_t>() == number;
}

/// "0058_imports" → "0058".
std::string_view number_of(std::string_view migration)
{
    return migration.substr(0, migration.find('_'));
}

}  // namespace

std::optional<ArchivePlace> place_in_archive(std::string_view name) noexcept
{
    if (!name.ends_with(kEnding)) return std::nullopt;
    name.remove_suffix(kEnding.size());
    const auto slash = name.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    ArchivePlace place{.resource = name.substr(0, slash)};
    const auto digits = name.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), place.number);
    if (failure != std::errc() || end != digits.data() + digits.size() || digits.size() < kNumberDigits ||
        place.number < 1) {
        return std::nullopt;
    }
    const auto inner = place.resource.find('/');
    if (inner == std::string_view::npos) return place;
    place.day = place.resource.substr(inner + 1);
    place.resource = place.resource.substr(0, inner);
    if (place.resource != kAlertsFolder || place.day.find('/') != std::string_view::npos) return std::nullopt;
    return place;
}

class ArchiveCheck::Impl {
public:
    Impl(domain::ArchiveShape shape, CheckAlert check_alert, std::size_t most_referred)
        : shape_(std::move(shape)), check_alert_(std::move(check_alert)), most_referred_(most_referred)
    {
        for (const auto& resource : shape_.resources) {
            for (const auto& reference : resource.references) known_.try_emplace(reference.resource);
        }
    }

    void take(std::string_view name, std::string_view content)
    {
        if (manifest_) return add({.file = std::string(name), .detail = "stands behind the manifest: that comes last"});
        if (name == kManifest) {
            manifest_.emplace(content);
            return;
        }
        files_.emplace(name, File{.rows = std::ranges::count(content, '\n'),
                                  .bytes = content.size(),
                                  .sha256 = domain::sha256_hex(content)});
        file_ = name;
        line_ = 0;
        const auto place = place_in_archive(name);
        if (!place) return add_here("", "no file of an export is called so: take it out");
        if (!is_next(*place)) return;
        take_lines(*place, content);
    }

    void add(ImportFault fault)
    {
        if (!is_full()) verdict_.faults.push_back(std::move(fault));
    }

    [[nodiscard]] std::size_t faults() const noexcept { return verdict_.faults.size(); }
    [[nodiscard]] bool is_full() const noexcept { return verdict_.faults.size() >= domain::kMostImportFaults; }
    [[nodiscard]] std::int64_t rows() const noexcept { return verdict_.rows; }

    ArchiveVerdict finish(std::string_view expected)
    {
        end_resource();
        if (manifest_) {
            read_manifest(expected);
        } else {
            add({.file = std::string(kManifest), .detail = "is missing: the archive was cut short, export it again"});
        }
        return std::move(verdict_);
    }

private:
    void add_here(std::string_view field, std::string detail)
    {
        add({.file = file_,
             .line = line_,
             .field = std::string(truncate_utf8(field, kMostFieldBytes)),
             .detail = std::move(detail)});
    }

    /// Whether the file may stand where it does.
    bool is_next(const ArchivePlace& place)
    {
        const auto folder = file_.substr(0, file_.rfind('/'));
        if (folder == folder_) {
            if (place.number == ++number_) return true;
            add_here("", "a piece before it is missing: export again");
            return false;
        }
        end_resource();
        folder_ = folder;
        number_ = place.number;
        if (number_ != 1) add_here("", "a piece before it is missing: export again");
        if (place.resource == kAlertsFolder) return begin_alerts(place);
        return begin_resource(place.resource);
    }

    bool begin_alerts(const ArchivePlace& place)
    {
        next_ = shape_.resources.size();  // nothing but alerts may follow
        if (!is_day(place.day)) {
            add_here("", "alerts stand in folders of their days, as alerts/2026-11-28");
            return false;
        }
        if (!verdict_.days.empty() && place.day <= *verdict_.days.rbegin()) {
            add_here("", "stands behind a later day, or twice");
            return false;
        }
        verdict_.days.emplace(place.day);
        return true;
    }

    bool begin_resource(std::string_view resource)
    {
        const auto found = std::ranges::find(shape_.resources, resource, &domain::ResourceShape::resource);
        if (found == shape_.resources.end()) {
            add_here("",
                     "holds what this version does not know: import it with the version that wrote it, or a newer one");
            return false;
        }
        const auto place = static_cast<std::size_t>(found - shape_.resources.begin());
        if (place < next_) {
            add_here("", "stands behind what refers to it, or twice: files come in the order of an export");
            return false;
        }
        next_ = place + 1;
        rows_.emplace(*found, known_, most_referred_);
        is_imported_ = found->is_imported;
        return true;
    }

    void end_resource()
    {
        if (rows_) {
            line_ = 0;
            if (auto fault = rows_->finish()) add_here(fault->field, std::move(fault->detail));
        }
        rows_.reset();
    }

    void take_lines(const ArchivePlace& place, std::string_view content)
    {
        if (content.empty() || content.back() != '\n')
            return add_here("", "does not end with a line feed: export again");
        const bool are_alerts = place.resource == kAlertsFolder;
        if (!are_alerts && !rows_) return;  // of a folder that was refused
        while (!content.empty() && !is_full()) {
            const auto end = content.find('\n');
            const auto line = content.substr(0, end);
            content.remove_prefix(end + 1);
            ++line_;
            if (line.size() > kMostArchiveLine) {
                add_here("", "is longer than " + std::to_string(kMostArchiveLine) + " bytes");
            } else if (are_alerts) {
                take_alert(line, place.day);
            } else {
                take_row(line);
            }
        }
    }

    void take_alert(std::string_view line, std::string_view day)
    {
        ++verdict_.rows;
        if (auto wrong = check_alert_(line, day); !wrong.empty()) add_here("", std::move(wrong));
    }

    void take_row(std::string_view line)
    {
        if (!is_imported_) return;
        ++verdict_.rows;
        std::string wrong;
        const auto row = read_json_line(line, wrong);
        if (!wrong.empty()) return add_here("", std::move(wrong));
        if (auto fault = rows_->take(row)) add_here(fault->field, std::move(fault->detail));
    }

    void read_manifest(std::string_view expected)
    {
        file_ = kManifest;
        line_ = 0;
        std::string wrong;
        const auto manifest = read_json_line(*manifest_, wrong, kMostManifestValues);
        if (!wrong.empty()) return add_here("", std::move(wrong));
        if (text_member(manifest, "format") != kArchiveFormat) {
            return add_here("format", "must be " + std::string(kArchiveFormat) + ": this version reads no other");
        }
        read_about(manifest, expected);
        const auto* const files = member_of(manifest, "files");
        if (files == nullptr || !files->is_array()) return add_here("files", "must be the list of the archive's files");
        for (const auto& each : *files) compare(each);
        for (const auto& [name, file] : files_) add({.file = name, .detail = "is not in the manifest: take it out"});
    }

    void read_about(const json& manifest, std::string_view expected)
    {
        auto& about = verdict_.about;
        const auto* const tenant = member_of(manifest, "tenant");
        const auto id = TenantId::parse(tenant == nullptr ? "" : text_member(*tenant, "id"));
        const auto taken_at = parse_rfc3339(text_member(manifest, "taken_at"));
        about.schema = text_member(manifest, "schema");
        if (!id) return add_here("tenant", "must say whose export it is");
        if (!taken_at) return add_here("taken_at", "must say when it was taken");
        about.tenant = *id;
        about.service_code = text_member(*tenant, "service_code");
        about.taken_at = *taken_at;
        if (about.schema.empty() || number_of(about.schema) > number_of(shape_.schema)) {
            add_here("schema", "is that of a newer version than this one: upgrade before you import it");
        }
        if (!expected.empty() && about.service_code != expected) {
            add_here("tenant", "is another tenant than the import was asked for");
        }
    }

    /// Takes those that the manifest knows out of what was found.
    void compare(const json& said)
    {
        const auto found = files_.find(text_member(said, "name"));
        if (found == files_.end()) return add_here("files", "names a file that is missing, or names one twice");
        const auto* const rows = member_of(said, "rows");
        const auto* const bytes = member_of(said, "bytes");
        const auto& [name, file] = *found;
        const bool same = is_number(rows, static_cast<std::uint64_t>(file.rows)) && is_number(bytes, file.bytes) &&
                          text_member(said, "sha256") == file.sha256;
        if (!same) add({.file = name, .detail = "is not as the manifest says: it was changed, export again"});
        files_.erase(found);
    }

    const domain::ArchiveShape shape_;
    CheckAlert check_alert_;
    const std::size_t most_referred_;
    KnownRows known_;
    std::map<std::string, File, std::less<>> files_;
    std::optional<std::string> manifest_;
    std::string file_;  ///< That is read, and its line.
    std::int64_t line_ = 0;
    std::string folder_;
    std::int64_t number_ = 0;  ///< Of the folder's latest piece.
    std::size_t next_ = 0;     ///< Of the shape's resources, the first one that may come.
    std::optional<RowCheck> rows_;
    bool is_imported_ = true;
    ArchiveVerdict verdict_;
};

ArchiveCheck::ArchiveCheck(domain::ArchiveShape shape, CheckAlert check_alert, std::size_t most_referred)
    : impl_(std::make_unique<Impl>(std::move(shape), std::move(check_alert), most_referred))
{
}

ArchiveCheck::~ArchiveCheck() = default;

void ArchiveCheck::take(std::string_view name, std::string_view content)
{
    impl_->take(name, content);
}

void ArchiveCheck::add(ImportFault fault)
{
    impl_->add(std::move(fault));
}

std::size_t ArchiveCheck::faults() const noexcept
{
    return impl_->faults();
}

bool ArchiveCheck::is_full() const noexcept
{
    return impl_->is_full();
}

std::int64_t ArchiveCheck::rows() const noexcept
{
    return impl_->rows();
}

ArchiveVerdict ArchiveCheck::finish(std::string_view expected)
{
    return impl_->finish(expected);
}

}  // namespace winnow::forms
