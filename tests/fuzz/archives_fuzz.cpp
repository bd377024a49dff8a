/// @file
/// Any bytes as the files of an archive that is to be imported: told what is wrong, in bounds, whatever they are.
///
/// A file is its name, a line feed and its content; a record separator stands between two.

#include "winnow/forms/archive_check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using winnow::domain::FieldKind;

winnow::domain::ArchiveShape shape()
{
    return {.schema = "0058_imports",
            .resources = {
                {.resource = "tenants", .fields = {}, .is_imported = false},
                {.resource = "users",
                 .fields = {{.name = "user_id", .kind = FieldKind::uuid},
                            {.name = "email", .kind = FieldKind::text},
                            {.name = "seen_at", .kind = FieldKind::time, .may_be_null = true, .may_be_absent = true},
                            {.name = "ids", .kind = FieldKind::uuids, .may_be_absent = true},
                            {.name = "numbers", .kind = FieldKind::bigs, .may_be_absent = true},
                            {.name = "texts", .kind = FieldKind::texts, .may_be_absent = true},
                            {.name = "secret", .kind = FieldKind::secret, .may_be_null = true, .may_be_absent = true},
                            {.name = "is_on", .kind = FieldKind::truth, .may_be_absent = true}},
                 .key = {"user_id"}},
                {.resource = "events",
                 .fields = {{.name = "user_id", .kind = FieldKind::uuid, .may_be_null = true},
                            {.name = "seq", .kind = FieldKind::big},
                            {.name = "data", .kind = FieldKind::anything, .may_be_null = true, .may_be_absent = true}},
                 .key = {"seq"},
                 .references = {{.field = "user_id", .resource = "users"}}}}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr char kSeparator = '\x1e';
    constexpr std::size_t kMostReferred = 8;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    winnow::forms::ArchiveCheck check(
        shape(), [](std::string_view line, std::string_view) { return line == "bad" ? "is bad" : std::string(); },
        kMostReferred);
    while (!rest.empty()) {
        const auto file = rest.substr(0, rest.find(kSeparator));
        rest.remove_prefix(std::min(file.size() + 1, rest.size()));
        const auto name = file.substr(0, file.find('\n'));
        check.take(name, file.substr(std::min(name.size() + 1, file.size())));
    }
    const auto verdict = check.finish("acme");
    if (verdict.faults.size() > winnow::domain::kMostImportFaults) std::abort();
    if (verdict.rows < 0 || static_cast<std::size_t>(verdict.rows) > size) std::abort();
    for (const auto& fault : verdict.faults) {
        if (fault.detail.empty() || fault.line < 0) std::abort();
    }
    return 0;
}
